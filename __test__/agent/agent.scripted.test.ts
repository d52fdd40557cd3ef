import { expect, it } from 'vitest';
import { createAgent, tool } from '../../src/index.ts';
import { scriptedModel } from '../../src/testing/index.ts';
import { readAll } from '../support/read-stream.ts';
import { untilQuiet } from '../support/until-quiet.ts';

const call = (name: string, input: unknown) => `<tool_call>\n${JSON.stringify({ name, arguments: input })}\n</tool_call>`;
const weather = tool({
  name: 'weather',
  inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  execute: ({ city }: { city: string }) => ({ city, degrees: 21 }),
});

it('runs what a reply asks for, and shows the model what came of it', async () => {
  await using model = await scriptedModel({
    replies: [`Look. ${call('weather', { city: 'Genova' })}${call('weather', { city: 3 })}`, 'It is 21 degrees.'],
  });
  const stream = createAgent({ model, tools: [weather] }).streamPrompt('Weather?');
  const types = (await readAll(stream)).map(({ type }) => type).filter((type) => type !== 'tool-call-delta');
  const result = await stream.result();
  expect(result).toMatchObject({ text: 'It is 21 degrees.', finishReason: 'stop', endedBy: 'model' });
  expect(result.messages).toMatchObject([
    { role: 'assistant', toolCalls: [{ input: { city: 'Genova' } }, { input: { city: 3 } }] },
    { role: 'tool', content: '{"city":"Genova","degrees":21}' },
    { role: 'tool', content: 'Error: city must be of type string' },
    { role: 'assistant', content: 'It is 21 degrees.' },
  ]);
  expect(types.filter((type) => type !== 'text-delta')).toEqual([
    'tool-call-start', 'tool-call', 'tool-call-start', 'tool-call',
    'tool-result', 'tool-progress', 'tool-progress', 'tool-result', 'round-finish', 'round-finish', 'finish',
  ]);
  // One token per byte: the second round has read what came of the first one.
  const [first, second] = result.rounds;
  const told = result.messages.slice(0, 3).reduce((sum, { content }) => sum + content.length, 0);
  expect(second?.usage.inputTokens).toBeGreaterThan((first?.usage.inputTokens ?? 0) + told);
  expect(result.usage.totalTokens).toBe((first?.usage.totalTokens ?? 0) + (second?.usage.totalTokens ?? 0));
  expect(model.metrics().generatedTokens).toBe(result.usage.outputTokens);
});

it('frees the sequence where it is left while the model writes', async () => {
  await using model = await scriptedModel({ replies: [{ text: 'long '.repeat(200), stepMs: 5 }] });
  const stream = createAgent({ model, tools: [weather] }).streamPrompt('Go');
  for await (const delta of stream.textStream) if (delta !== '') break;
  const metrics = await untilQuiet(model);
  expect(metrics).toMatchObject({ liveSequences: 0, abortedSequences: 1 });
  const { usage, finishReason } = await stream.result();
  expect(finishReason).toBe('aborted');
  expect(usage.outputTokens).toBe(metrics.generatedTokens);
});

it('fails where the engine does, in whichever round, with what was there before', async () => {
  await using model = await scriptedModel({ replies: [call('weather', { city: 'Genova' }), { text: 'It is 21', failAfterTokens: 5 }] });
  const error = await createAgent({ model, tools: [weather] }).streamPrompt('Go').result().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'engine-failed', partial: { text: 'It is', messages: [{ role: 'assistant' }, { role: 'tool' }] } });
});
