import { generateText, streamText } from 'ai';
import { expect, it } from 'vitest';
import { tramontane } from '../../src/ai-sdk/index.ts';
import { connect, poolModels } from '../../src/index.ts';
import { beginEvents, loopback } from '../support/remote/loopback.ts';
import { partsOf } from './parts-model.ts';

const chunk = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const hello = `${chunk({ content: 'Hel' })}${chunk({ content: 'lo' })}${chunk({}, 'stop')}data: [DONE]\n\n`;

const at = (baseUrl: string) => connect('openai:m', { baseUrl, apiKey: 'k', retries: 0 });

it('a remote model answers, without the settings that its protocol lacks', async () => {
  const bodies: Record<string, unknown>[] = [];
  const { url } = await loopback(async (request, response) => {
    let body = '';
    for await (const data of request) body += data;
    bodies.push(JSON.parse(body) as Record<string, unknown>);
    beginEvents(response).end(hello);
  });
  await using model = at(url);
  const parts = await partsOf(tramontane(model), { topK: 5, temperature: 0.5, reasoning: 'none' });
  expect(parts[0]).toMatchObject({
    warnings: [
      { type: 'unsupported', feature: 'topK' },
      { type: 'unsupported', feature: 'reasoning' },
    ],
  });
  expect(bodies).toHaveLength(1);
  expect(bodies[0]).toMatchObject({ temperature: 0.5 });
});

it('a pool in the AI SDK passes over a member that fails', async () => {
  const failing = await loopback((_, response) => void response.writeHead(500).end());
  const answering = await loopback((_, response) => void beginEvents(response).end(hello));
  await using pool = poolModels([at(failing.url), at(answering.url)]);
  expect((await generateText({ model: tramontane(pool), prompt: 'Hi', maxRetries: 0 })).text).toBe('Hello');
});

it('an abort closes the connection of a remote model', async () => {
  const server = await loopback((_, response) => void beginEvents(response).write(chunk({ content: 'Hel' })));
  await using model = at(server.url);
  const controller = new AbortController();
  const result = streamText({ model: tramontane(model), prompt: 'Hi', abortSignal: controller.signal });
  for await (const { type } of result.fullStream) if (type === 'text-delta') controller.abort();
  await server.untilNoSockets();
  expect(server.sockets.size).toBe(0);
});
