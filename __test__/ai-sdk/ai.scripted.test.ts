import { APICallError } from '@ai-sdk/provider';
import { Output, ToolLoopAgent, generateObject, generateText, isStepCount, streamObject, streamText, tool } from 'ai';
import type { ModelMessage } from 'ai';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { tramontane } from '../../src/ai-sdk/index.ts';
import { tramontane as tramontaneV3 } from '../../src/ai-sdk/v3/index.ts';
import { TramontaneError } from '../../src/index.ts';
import type { Model } from '../../src/index.ts';
import { scriptedModel } from '../../src/testing/index.ts';
import type { Script } from '../../src/testing/index.ts';
import { part } from '../support/parts.ts';
import { readAll } from '../support/read-stream.ts';
import { untilQuiet } from '../support/until-quiet.ts';
import { partsModel } from './parts-model.ts';

let loaded: Model | undefined;
afterEach(() => loaded?.close());

async function load(...replies: Script['replies']): Promise<Model> {
  loaded = await scriptedModel({ replies });
  return loaded;
}

const called = '<tool_call>\n{"name": "weather", "arguments": {"city": "Genova"}}\n</tool_call>';
const weather = tool({
  description: 'The weather of a city.',
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => ({ city, degrees: 21 }),
});
const city = z.object({ city: z.string(), sunny: z.boolean() });
const cityText = '{"city": "Genova", "sunny": true}';

describe.each([
  ['4', tramontane],
  ['3', tramontaneV3],
])('the AI SDK with a model of version %s', (_, asked) => {
  it('generates text, with its reasoning and usage', async () => {
    const model = await load('<think>Hm.</think>Hello!');
    const result = await generateText({ model: asked(model), prompt: 'Hi' });
    expect(result).toMatchObject({ text: 'Hello!', reasoningText: 'Hm.', finishReason: 'stop' });
    expect(result.usage.inputTokens).toBeGreaterThan(0);
    expect(result.usage.outputTokens).toBeGreaterThan(0);
    expect(result.usage.inputTokenDetails.cacheReadTokens).toBe(0);
  });

  it('streams text', async () => {
    const result = streamText({ model: asked(await load('Hello, you!')), instructions: 'Be brief.', prompt: 'Hi' });
    expect((await readAll(result.textStream)).join('')).toBe('Hello, you!');
    expect(await result.finishReason).toBe('stop');
    expect(await result.warnings).toEqual([]);
  });

  it('runs tools, and goes on with what they answered', async () => {
    const model = await load(called, 'It is 21 degrees in Genova.');
    const result = await generateText({ model: asked(model), prompt: 'Weather?', tools: { weather }, stopWhen: isStepCount(3) });
    expect(result.steps).toHaveLength(2);
    expect(result.steps[0]?.toolResults).toMatchObject([{ toolName: 'weather', input: { city: 'Genova' }, output: { city: 'Genova', degrees: 21 } }]);
    expect(result.text).toBe('It is 21 degrees in Genova.');
  });

  it('runs tools while it streams', async () => {
    const model = await load(called, 'Warm.');
    const result = streamText({ model: asked(model), prompt: 'Weather?', tools: { weather }, stopWhen: isStepCount(3) });
    const types = (await readAll(result.fullStream)).map(({ type }) => type);
    const inOrder = ['tool-input-start', 'tool-input-delta', 'tool-input-end', 'tool-call', 'tool-result', 'text-start', 'text-delta', 'text-end', 'finish'];
    expect(types.filter((type, index) => inOrder.includes(type) && types.indexOf(type) === index)).toEqual(inOrder);
    expect(await result.text).toBe('Warm.');
  });

  it('generates objects, at once and piece by piece', async () => {
    const model = await load(cityText);
    const object = { city: 'Genova', sunny: true };
    expect((await generateObject({ model: asked(model), schema: city, prompt: 'Where?' })).object).toEqual(object);
    const streamed = streamObject({ model: asked(model), schema: city, prompt: 'Where?' });
    expect((await readAll(streamed.partialObjectStream)).at(-1)).toEqual(object);
    expect(await streamed.object).toEqual(object);
    const output = Output.object({ schema: city });
    expect((await generateText({ model: asked(model), output, prompt: 'Where?' })).output).toEqual(object);
    const partial = streamText({ model: asked(model), output, prompt: 'Where?' });
    expect((await readAll(partial.partialOutputStream)).at(-1)).toEqual(object);
  });

  it.each([['left'], [undefined]])('aborts in mid-stream, with reason %s, and frees the sequence', async (reason) => {
    const model = await load({ text: 'on and on '.repeat(200), stepMs: 2 });
    const controller = new AbortController();
    let aborted = 0;
    const errors: unknown[] = [];
    const result = streamText({
      model: asked(model),
      prompt: 'Hi',
      abortSignal: controller.signal,
      onAbort: () => void (aborted += 1),
      onError: ({ error }) => void errors.push(error),
    });
    const types: string[] = [];
    for await (const { type } of result.fullStream) {
      types.push(type);
      if (type === 'text-delta') controller.abort(reason);
    }
    expect(types.at(-1)).toBe('abort');
    expect([aborted, errors]).toEqual([1, []]);
    expect(await untilQuiet(model)).toMatchObject({ liveSequences: 0, parkedSequences: 0, abortedSequences: 1 });
  });

  it('does not hang where the signal was raised before', async () => {
    const model = await load('Hello!');
    const abortSignal = AbortSignal.abort('no');
    await expect(generateText({ model: asked(model), prompt: 'Hi', abortSignal })).rejects.toMatchObject({ name: 'AbortError', cause: 'no' });
    const result = streamText({ model: asked(model), prompt: 'Hi', abortSignal, onError: () => {} });
    expect((await readAll(result.fullStream)).map(({ type }) => type)).toContain('abort');
    expect(model.metrics().totalSequences).toBe(0);
  });

  it('frees the sequence where nobody reads on after the abort', async () => {
    const model = await load({ text: 'on and on '.repeat(200), stepMs: 2 });
    const controller = new AbortController();
    const result = streamText({ model: asked(model), prompt: 'Hi', abortSignal: controller.signal });
    await result.textStream[Symbol.asyncIterator]().next();
    controller.abort();
    expect(await untilQuiet(model)).toMatchObject({ liveSequences: 0, parkedSequences: 0, queuedSequences: 0 });
  });
});

describe('the AI SDK', () => {
  it('has an agent go on until it has its answer', async () => {
    const model = await load(called, called, 'Warm in both.');
    const agent = new ToolLoopAgent({ model: tramontane(model), tools: { weather }, stopWhen: isStepCount(5) });
    const { text, steps } = await agent.generate({ prompt: 'Weather?' });
    expect([text, steps.length]).toEqual(['Warm in both.', 3]);
    expect(new Set(steps.flatMap(({ toolCalls }) => toolCalls.map(({ toolCallId }) => toolCallId))).size).toBe(2);
  });

  it('gives back what a remote engine wants to see again with the steps before', async () => {
    const data = { dialect: 'anthropic', data: { signature: 'abc' } };
    const script = [part.thought('hm'), { type: 'provider-data', ...data }, part.tool(0, 'c', 'weather', { city: 'Genova' })] as const;
    const { asked, requests } = partsModel([script, ['Warm.']]);
    const result = streamText({ model: asked, prompt: 'Weather?', tools: { weather }, stopWhen: isStepCount(2) });
    expect(await result.text).toBe('Warm.');
    expect(requests[1]?.messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', reasoning: 'hm', providerData: [data], toolCalls: [{ toolCallId: 'c', input: { city: 'Genova' } }] },
      { role: 'tool', toolCallId: 'c', content: '{"city":"Genova","degrees":21}' },
    ]);
  });

  it('repeats a call that found the queue full', async () => {
    const { asked, requests } = partsModel([[new TramontaneError('queue-full', 'busy', { retryAfterMs: 1 })], ['Hello!']]);
    expect((await generateText({ model: asked, prompt: 'Hi' })).text).toBe('Hello!');
    expect(await streamText({ model: asked, prompt: 'Hi' }).text).toBe('Hello!');
    expect(requests).toHaveLength(3);
  });

  it('repeats no call whose request is wrong, and shows our error', async () => {
    const model = await load('Hello!');
    const error: unknown = await generateText({ model: tramontane(model), prompt: 'Hi', temperature: 1000 }).catch((thrown: unknown) => thrown);
    expect(TramontaneError.isInstance(error)).toBe(true);
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ code: 'invalid-argument', field: 'temperature' });
  });

  it('hears of an engine that fails in the middle', async () => {
    const model = await load({ text: 'Hello, you!', failAfterTokens: 4 });
    const errors: unknown[] = [];
    const result = streamText({ model: tramontane(model), prompt: 'Hi', onError: ({ error }) => void errors.push(error) });
    const parts = await readAll(result.fullStream);
    expect(parts.find(({ type }) => type === 'error')).toMatchObject({ error: { code: 'engine-failed' } });
    expect(errors).toMatchObject([{ code: 'engine-failed' }]);
    expect(await result.finishReason).toBe('error');
  });

  it('keeps many calls at once apart', async () => {
    const model = await load({ text: 'a'.repeat(40), stepMs: 1 });
    const texts = await Promise.all(Array.from({ length: 8 }, () => generateText({ model: tramontane(model), prompt: 'Hi' })));
    expect(texts.map(({ text }) => text)).toEqual(Array.from({ length: 8 }, () => 'a'.repeat(40)));
  });

  it('has the messages of a step taken up in the next call', async () => {
    const model = await load(called, 'Warm.', 'As before.');
    const messages: ModelMessage[] = [{ role: 'user', content: 'Weather?' }];
    const { responseMessages } = await generateText({ model: tramontane(model), messages, tools: { weather }, stopWhen: isStepCount(2) });
    const { text } = await generateText({ model: tramontane(model), messages: [...messages, ...responseMessages, { role: 'user', content: 'And now?' }], tools: { weather } });
    expect(text).toBe('As before.');
  });
});
