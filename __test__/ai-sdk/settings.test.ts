import type { LanguageModelV4CallOptions, LanguageModelV4FunctionTool } from '@ai-sdk/provider';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { TramontaneProviderOptions } from '../../src/ai-sdk/index.ts';
import { TramontaneError } from '../../src/index.ts';
import type { GenerateOptions } from '../../src/index.ts';
import { partsModel, partsOf, userAsks } from './parts-model.ts';

type Settings = Partial<LanguageModelV4CallOptions>;

/** What a model was asked for, without what was left out, and the warnings of the call. */
async function askedWith(settings: Settings, info: object = {}): Promise<{ options: GenerateOptions; warnings: unknown[] }> {
  const { asked, requests } = partsModel([['a']], info);
  const [start] = await partsOf(asked, settings);
  const options = Object.fromEntries(Object.entries(requests[0]?.options ?? {}).filter(([, value]) => value !== undefined));
  return { options, warnings: start?.type === 'stream-start' ? start.warnings : [] };
}

const weather: LanguageModelV4FunctionTool = { type: 'function', name: 'weather', description: 'Of a city.', inputSchema: { type: 'object' } };

describe('the settings of a call', () => {
  it('are passed on', async () => {
    const settings = {
      maxOutputTokens: 5,
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      seed: 7,
      stopSequences: ['\n'],
    };
    expect(await askedWith({ ...settings, headers: { 'x-user': 'a' } })).toEqual({ options: settings, warnings: [] });
  });

  it.each<[string, Settings, GenerateOptions]>([
    ['no format', {}, {}],
    ['text', { responseFormat: { type: 'text' } }, {}],
    ['any JSON', { responseFormat: { type: 'json' } }, { responseFormat: { type: 'json' } }],
    [
      'JSON of a schema',
      { responseFormat: { type: 'json', schema: { type: 'string' }, name: 'n', description: 'd' } },
      { responseFormat: { type: 'json', schema: { type: 'string' } } },
    ],
  ])('ask for %s', async (_, settings, options) => {
    expect(await askedWith(settings)).toEqual({ options, warnings: [] });
  });

  it('pass tools on, and the choice among them', async () => {
    const tools = [{ name: 'weather', description: 'Of a city.', inputSchema: { type: 'object' } }];
    expect(await askedWith({ tools: [weather], toolChoice: { type: 'auto' } })).toEqual({ options: { tools, toolChoice: 'auto' }, warnings: [] });
    expect((await askedWith({ tools: [weather], toolChoice: { type: 'tool', toolName: 'weather' } })).options.toolChoice).toEqual({
      type: 'tool',
      toolName: 'weather',
    });
    expect((await askedWith({ toolChoice: { type: 'auto' } })).options).toEqual({});
  });

  it('leave tools of other providers out, with a warning', async () => {
    const search = { type: 'provider' as const, id: 'openai.web_search' as const, name: 'web_search', args: {} };
    const { options, warnings } = await askedWith({ tools: [search, weather], toolChoice: { type: 'auto' } });
    expect(options.tools?.map(({ name }) => name)).toEqual(['weather']);
    expect(warnings).toEqual([{ type: 'unsupported', feature: 'provider-defined tool openai.web_search' }]);
  });

  it('do not hold a forced call to JSON, and say that one that is held to JSON calls nothing', async () => {
    const responseFormat = { type: 'json' as const };
    const forced = await askedWith({ responseFormat, tools: [weather], toolChoice: { type: 'required' } });
    expect(forced.options.responseFormat).toBeUndefined();
    const free = await askedWith({ responseFormat, tools: [weather], toolChoice: { type: 'auto' } });
    expect(free.options.responseFormat).toEqual({ type: 'json' });
    for (const { warnings } of [forced, free]) expect(warnings).toMatchObject([{ type: 'unsupported', feature: 'responseFormat with tools' }]);
    const none = await askedWith({ responseFormat, tools: [weather], toolChoice: { type: 'none' } });
    expect(none.warnings).toEqual([]);
  });
});

describe('the option reasoning', () => {
  const thinking = { chatTemplate: '{% if enable_thinking %}' };
  const effort = { chatTemplate: 'Reasoning: {{ reasoning_effort }}' };

  it.each<[NonNullable<Settings['reasoning']>, string, object, object, string | undefined]>([
    ['provider-default', 'any', thinking, {}, undefined],
    ['none', 'with a switch', thinking, { enable_thinking: false }, undefined],
    ['high', 'with a switch', thinking, { enable_thinking: true }, 'compatibility'],
    ['high', 'with levels', effort, { reasoning_effort: 'high' }, undefined],
    ['xhigh', 'with levels', effort, { reasoning_effort: 'high' }, 'compatibility'],
    ['none', 'with levels', effort, {}, 'unsupported'],
    ['low', 'with neither', { chatTemplate: 'plain' }, {}, 'unsupported'],
    ['low', 'without any', { chatTemplate: null }, {}, 'unsupported'],
    ['none', 'that is elsewhere', {}, { enable_thinking: false }, undefined],
  ])('of %s for a template %s', async (reasoning, _, info, variables, warning) => {
    const { options, warnings } = await askedWith({ reasoning }, info);
    expect(options.templateVariables ?? {}).toEqual(variables);
    expect(warnings).toMatchObject(warning ? [{ type: warning, feature: 'reasoning' }] : []);
  });

  it('gives way to variables of the caller', async () => {
    const providerOptions = { tramontane: { templateVariables: { enable_thinking: true, other: 1 } } };
    const { options } = await askedWith({ reasoning: 'none', providerOptions }, thinking);
    expect(options.templateVariables).toEqual({ enable_thinking: true, other: 1 });
  });
});

describe('providerOptions.tramontane', () => {
  it('are passed on, and those of other providers are not', async () => {
    const tramontane = { minP: 0.05, priority: 3, dry: { multiplier: 0.8 } } satisfies TramontaneProviderOptions;
    const { options } = await askedWith({ providerOptions: { tramontane, openai: { user: 'a' } } });
    expect(options).toEqual(tramontane);
    expectTypeOf<TramontaneProviderOptions>().toExtend<GenerateOptions>();
  });

  it.each([
    ['min_p', 'minP'],
    ['deadline', 'deadlineMs'],
    ['temperature', ''],
  ])('name an unknown one: %s', async (name, meant) => {
    const { asked } = partsModel([['a']]);
    const asking = asked.doStream({ prompt: userAsks, providerOptions: { tramontane: { [name]: 1 } } });
    await expect(asking).rejects.toMatchObject({
      code: 'invalid-argument',
      field: `providerOptions.tramontane.${name}`,
      message: expect.stringContaining(`did you mean "providerOptions.tramontane.${meant}`),
    });
  });
});

describe('a setting that a model refuses', () => {
  const refusal = (field: string) => new TramontaneError('invalid-argument', `${field} cannot be expressed`, { field });

  it('is left out with a warning', async () => {
    const { asked, requests } = partsModel([[refusal('topK')], [refusal('seed')], ['a']]);
    const parts = await partsOf(asked, { topK: 5, seed: 1, temperature: 0 });
    expect(parts[0]).toEqual({
      type: 'stream-start',
      warnings: [
        { type: 'unsupported', feature: 'topK', details: 'topK cannot be expressed' },
        { type: 'unsupported', feature: 'seed', details: 'seed cannot be expressed' },
      ],
    });
    expect(requests.at(-1)?.options).toMatchObject({ topK: undefined, seed: undefined, temperature: 0 });
    expect(parts.at(-1)?.type).toBe('finish');
  });

  it.each(['templateVariables', 'templateVariables.enable_thinking'])('may be the reasoning (%s)', async (field) => {
    const { asked } = partsModel([[refusal(field)], ['a']]);
    const [start] = await partsOf(asked, { reasoning: 'low' });
    expect(start).toMatchObject({ warnings: [{ type: 'unsupported', feature: 'reasoning' }] });
  });

  it('is an error where a part of its value is what is refused', async () => {
    const { asked } = partsModel([[refusal('responseFormat.schema')], ['a']]);
    const responseFormat = { type: 'json' as const, schema: { type: 'string' as const } };
    await expect(asked.doStream({ prompt: userAsks, responseFormat })).rejects.toMatchObject({ field: 'responseFormat.schema' });
  });

  it('is an error where its value is wrong anyway', async () => {
    const { asked, requests } = partsModel([[refusal('topK')], ['a']]);
    await expect(asked.doStream({ prompt: userAsks, topK: -1 })).rejects.toMatchObject({ code: 'invalid-argument', field: 'topK' });
    expect(requests).toHaveLength(1);
  });

  it('is an error where a call makes no sense without it, or it was asked for by its own name', async () => {
    const { asked } = partsModel([[refusal('tools[0].name')]]);
    await expect(asked.doStream({ prompt: userAsks, tools: [weather] })).rejects.toMatchObject({ field: 'tools[0].name' });
    const templateVariables = { enable_thinking: false };
    const own = partsModel([[refusal('templateVariables')]]).asked.doStream({ prompt: userAsks, providerOptions: { tramontane: { templateVariables } } });
    await expect(own).rejects.toMatchObject({ field: 'templateVariables' });
  });
});
