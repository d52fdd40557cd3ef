import { Output, generateObject, generateText, isStepCount, streamText, tool } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { tramontane } from '../../src/ai-sdk/index.ts';
import { loadModel } from '../../src/index.ts';
import type { Model } from '../../src/index.ts';
import { testModel } from '../support/test-model.ts';
import { untilQuiet } from '../support/until-quiet.ts';

let model: Model;
beforeAll(async () => {
  model = await loadModel(testModel());
});
afterAll(() => model.close());

describe('a real model in the AI SDK', () => {
  it('streams the same text as by itself', async () => {
    const options = { seed: 11, temperature: 0.9, topP: 0.95, maxOutputTokens: 40, stopSequences: ['\n\n'] };
    const system = 'You answer in one sentence.';
    const prompt = 'What is a mountain?';
    const messages = [{ role: 'system', content: system }, { role: 'user', content: prompt }] as const;
    const own = await model.streamChat(messages, options).result();
    const result = streamText({ model: tramontane(model), instructions: system, prompt, ...options });
    expect(await result.text).toBe(own.text);
    const { inputTokens, outputTokens, inputTokenDetails } = await result.usage;
    expect({ inputTokens, outputTokens }).toEqual({ inputTokens: own.usage.inputTokens, outputTokens: own.usage.outputTokens });
    // The same prompt a second time is known but for its last token.
    expect(inputTokenDetails.cacheReadTokens).toBeGreaterThan(0);
    expect(inputTokenDetails.noCacheTokens).toBe((inputTokens ?? 0) - (inputTokenDetails.cacheReadTokens ?? 0));
  });

  it('keeps objects to their schema', async () => {
    const schema = z.object({ capital: z.enum(['Paris', 'Rome', 'Madrid']), inhabitants: z.number().int(), sunny: z.boolean() });
    const asked = { model: tramontane(model), prompt: 'What is the capital of Italy?', maxOutputTokens: 120, seed: 3 };
    const { object } = await generateObject({ ...asked, schema });
    expect(schema.parse(object)).toEqual(object);
    const { output } = await generateText({ ...asked, output: Output.object({ schema }) });
    expect(output).toEqual(object);
    const choice = await generateText({ ...asked, output: Output.choice({ options: ['Rome', 'Oslo'] }) });
    expect(['Rome', 'Oslo']).toContain(choice.output);
  });

  it('runs a tool that it has to call, and answers then', async () => {
    const cities: string[] = [];
    const weather = tool({
      description: 'The weather of a city.',
      inputSchema: z.object({ city: z.enum(['Genova', 'Marseille']) }),
      execute: ({ city }) => {
        cities.push(city);
        return { degrees: 21 };
      },
    });
    const { steps } = await generateText({
      model: tramontane(model),
      prompt: 'What is the weather like in Genova?',
      tools: { weather },
      maxOutputTokens: 48,
      temperature: 0,
      stopWhen: isStepCount(2),
      prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? 'required' : 'none' }),
    });
    expect(cities).toHaveLength(1);
    expect(steps[0]?.finishReason).toBe('tool-calls');
    expect(steps[1]?.text).not.toBe('');
  });

  it('calls a tool in one step and gives an object in the next', async () => {
    const weather = tool({ inputSchema: z.object({ city: z.literal('Genova') }), execute: () => ({ degrees: 21 }) });
    const { steps, output } = await generateText({
      model: tramontane(model),
      prompt: 'Is it warm in Genova?',
      tools: { weather },
      output: Output.object({ schema: z.object({ warm: z.boolean() }) }),
      maxOutputTokens: 64,
      stopWhen: isStepCount(2),
      prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? 'required' : 'none' }),
    });
    expect(steps[0]?.toolResults).toMatchObject([{ output: { degrees: 21 } }]);
    expect(output).toEqual({ warm: expect.any(Boolean) });
  });

  it('is freed by an abort in mid-stream', async () => {
    const controller = new AbortController();
    const result = streamText({ model: tramontane(model), prompt: 'Tell me a very long story.', abortSignal: controller.signal });
    let text = '';
    for await (const delta of result.textStream) if ((text += delta).length > 20) controller.abort();
    expect(await untilQuiet(model)).toMatchObject({ liveSequences: 0, queuedSequences: 0, parkedSequences: 0 });
  });
});
