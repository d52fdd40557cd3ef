import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { createAgent, loadModel, tool } from '../../src/index.ts';
import type { Model } from '../../src/index.ts';
import { readAll } from '../support/read-stream.ts';
import { testModel } from '../support/test-model.ts';
import { untilQuiet } from '../support/until-quiet.ts';

let model: Model;
beforeAll(async () => {
  model = await loadModel(testModel());
});
afterAll(async () => {
  await model.close();
});

const cities = ['Genova', 'Marseille', 'Barcelona'] as const;
const asked: string[] = [];
const weather = tool({
  name: 'get_weather',
  description: 'The weather of a city at this moment.',
  inputSchema: z.object({ city: z.enum(cities) }).strict(),
  async *execute({ city }) {
    asked.push(city);
    yield 'looking';
    return { city, degrees: 21, wind: 'tramontane' };
  },
});
const time = tool({ name: 'get_time', inputSchema: { type: 'object', properties: {}, additionalProperties: false }, execute: () => '12:00' });

it.each(['required', { type: 'tool', toolName: 'get_weather' }] as const)('calls a tool, runs it, and answers in text, with toolChoice %j', async (toolChoice) => {
  asked.length = 0;
  const agent = createAgent({ model, tools: [weather], temperature: 0, maxOutputTokens: 64 });
  const stream = agent.streamPrompt('What is the weather like in Genova?', {
    toolChoice,
    // Its chat template knows no tools, so that it can only be made to call them.
    prepareRound: ({ round }) => (round === 0 ? undefined : { toolChoice: 'none' }),
  });
  const parts = await readAll(stream);
  const result = await stream.result();
  expect(asked).toHaveLength(1);
  expect(cities).toContain(asked[0]);
  expect(parts.flatMap((part) => (part.type === 'tool-progress' ? [part.phase] : []))).toEqual(['calling', 'running', 'complete']);
  expect(parts.flatMap((part) => (part.type === 'round-finish' ? [part.finishReason] : []))[0]).toBe('tool-calls');
  expect(result.rounds).toHaveLength(2);
  expect(result.text).not.toBe('');
  expect(result.text).toBe(parts.flatMap((part) => (part.type === 'text-delta' ? [part.delta] : [])).join('').slice(-result.text.length));
  expect(result.messages.map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant']);
  expect(result.messages[1]).toMatchObject({ content: JSON.stringify({ city: asked[0], degrees: 21, wind: 'tramontane' }) });
  expect(result.usage.outputTokens).toBe(result.rounds.reduce((sum, { usage }) => sum + usage.outputTokens, 0));
  expect(result.timings.firstTokenMs).not.toBeNull();
});

it('answers in JSON after a call that was forced', async () => {
  const agent = createAgent({ model, tools: [weather], temperature: 0, maxOutputTokens: 64 });
  const schema = { type: 'object', properties: { warm: { type: 'boolean' } }, required: ['warm'], additionalProperties: false };
  const { text, rounds } = await agent
    .streamPrompt('Is it warm in Genova?', { toolChoice: 'required', responseFormat: { type: 'json', schema }, prepareRound: ({ round }) => (round === 0 ? undefined : { activeTools: [] }) })
    .result();
  expect(rounds[0]?.toolCalls).toHaveLength(1);
  expect(JSON.parse(text)).toEqual({ warm: expect.any(Boolean) as unknown });
});

it('ends at maxRounds where every round is made to call, and its messages can be gone on with', async () => {
  const agent = createAgent({
    model,
    tools: [weather, time],
    temperature: 0,
    maxOutputTokens: 64,
    maxRounds: 3,
    prepareRound: () => ({ toolChoice: { type: 'tool', toolName: 'get_time' } }),
  });
  const question = [{ role: 'user', content: 'What time is it?' } as const];
  const { messages, endedBy, finishReason, rounds } = await agent.streamChat(question).result();
  expect([rounds.length, endedBy, finishReason]).toEqual([3, 'max-rounds', 'tool-calls']);
  expect(messages).toHaveLength(6);
  const answer = await agent.streamChat([...question, ...messages], { toolChoice: 'none', prepareRound: () => undefined }).result();
  expect(answer.rounds).toHaveLength(1);
  expect(answer.usage.inputTokens).toBeGreaterThan(rounds[2]?.usage.inputTokens ?? Infinity);
});

it('never runs a call that was cut off by its length', async () => {
  asked.length = 0;
  const agent = createAgent({ model, tools: [weather], temperature: 0 });
  const result = await agent.streamPrompt('Weather in Genova?', { toolChoice: 'required', maxOutputTokens: 8 }).result();
  expect(asked).toEqual([]);
  expect(result).toMatchObject({ finishReason: 'length', endedBy: 'model', toolCalls: [] });
});

it('frees its sequence where it is left, and tokens are counted', async () => {
  const stream = createAgent({ model, tools: [weather] }).streamPrompt('Write a long story about the sea.', { toolChoice: 'none' });
  for await (const delta of stream.textStream) if (delta !== '') break;
  expect(await untilQuiet(model)).toMatchObject({ liveSequences: 0 });
  const { usage, finishReason } = await stream.result();
  expect(finishReason).toBe('aborted');
  expect(usage.outputTokens).toBeGreaterThan(0);
});
