import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { expect, it } from 'vitest';
import { connect, createAgent, tool } from '../../src/index.ts';
import type { DialectName } from '../../src/index.ts';
import { readAll } from '../support/read-stream.ts';
import { loopback } from '../support/remote/loopback.ts';

const weather = tool({
  name: 'weather',
  inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  execute: ({ city }: { city: string }) => ({ city, degrees: 21 }),
});

/** A server that plays transcripts, and the bodies that it was sent. */
async function playing(transcripts: readonly string[]) {
  const bodies: string[] = [];
  const answer: RequestListener = (request, response) => {
    const at = bodies.push('') - 1;
    request.setEncoding('utf8').on('data', (text: string) => (bodies[at] += text));
    request.on('end', () => {
      const transcript = readFileSync(new URL(`../remote/transcripts/${transcripts[at]}.txt`, import.meta.url));
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(transcript);
    });
  };
  const { url } = await loopback(answer);
  return { url, bodies };
}

const dialects: [DialectName, call: string][] = [
  ['openai-chat', 'one-tool-call'],
  ['openai-responses', 'tool-call'],
  ['anthropic', 'thinking-between'],
  ['gemini', 'function-call'],
  ['ollama', 'tool-call'],
];

it.each(dialects)('a run speaks %s: what its tools gave goes back, round after round', async (dialect, call) => {
  const { url, bodies } = await playing([`${dialect}/${call}`, `${dialect}/${call}`, `${dialect}/plain`]);
  await using model = connect({ dialect, model: 'any', baseUrl: url, apiKey: 'key', retries: 0 });
  const stream = createAgent({ model, tools: [weather] }).streamPrompt('Weather?');
  const parts = await readAll(stream);
  const { rounds, messages, text, usage } = await stream.result();
  expect(rounds.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'tool-calls', 'stop']);
  expect(messages.map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant', 'tool', 'assistant']);
  expect(text).not.toBe('');
  expect(usage.totalTokens).toBe(rounds.reduce((sum, round) => sum + round.usage.totalTokens, 0));
  const content = JSON.stringify({ city: 'Genova', degrees: 21 });
  expect(messages.filter(({ role }) => role === 'tool')).toMatchObject([{ content }, { content }]);
  expect(bodies.map((body) => body.split('degrees').length - 1)).toEqual([0, 1, 2]);

  // However the protocol names calls, no two of a run have the same name.
  const ids = parts.flatMap((part) => (part.type === 'tool-call' ? [part.toolCallId] : []));
  expect(new Set(ids).size).toBe(2);
  expect(messages.flatMap((message) => (message.role === 'tool' ? [message.toolCallId] : []))).toEqual(ids);
  expect(rounds.flatMap(({ toolCalls }) => toolCalls.map(({ toolCallId }) => toolCallId))).toEqual(ids);
});

it('a run gives back to its engine what only that one understands', async () => {
  const { url, bodies } = await playing(['anthropic/thinking-between', 'anthropic/plain']);
  await using model = connect({ dialect: 'anthropic', model: 'any', baseUrl: url, apiKey: 'key', retries: 0 });
  await createAgent({ model, tools: [weather] }).streamPrompt('Weather?').result();
  expect(JSON.parse(bodies[1] ?? '')).toMatchObject({
    messages: [
      {},
      { content: [{ signature: 'c2lnMQ==' }, { text: 'Let me look.' }, { signature: 'c2lnMg==' }, { type: 'tool_use', id: 'toolu_1' }] },
      { content: [{ type: 'tool_result', tool_use_id: 'toolu_1' }] },
    ],
  });
});
