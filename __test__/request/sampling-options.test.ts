import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { GenerateOptions } from '../../src/index.ts';
import { preparePrompt } from '../../src/request/prepare-request.ts';

const sent = (options: unknown) => JSON.parse(preparePrompt('Hi', options as GenerateOptions).json) as Record<string, unknown>;
const invalid = (field: string) => expect.objectContaining({ code: 'invalid-argument', field });
const breaking = (sequenceBreakers: unknown) => ({ multiplier: 1, sequenceBreakers });
const listOf = (length: number) => Array.from({ length }, (_, index) => index);

describe('sampling options', () => {
  it('are sent as they are given, those with defaults filled in', () => {
    const options: GenerateOptions = {
      minP: 0.05,
      repetitionPenalty: 1.1,
      frequencyPenalty: -0.5,
      presencePenalty: 2,
      dry: { multiplier: 0.8, base: 2, allowedLength: 3, sequenceBreakers: ['\n', ':'], rangeTokens: 100 },
      logitBias: { 0: -100, 198: 2.5, 4294967295: 100 },
      bannedTokens: [1, 2],
      forcedTokens: [3, 3],
      logprobs: 20,
    };
    expect(sent(options)).toMatchObject({ ...options, temperature: 0.7, topK: 0, topP: 1 });
  });

  it('that are left out, or undefined, are not sent', () => {
    const names = ['minP', 'dry', 'logitBias', 'bannedTokens', 'forcedTokens', 'logprobs', 'grammar', 'responseFormat', 'tools'];
    const fields = Object.keys(sent(Object.fromEntries(names.map((name) => [name, undefined]))));
    expect(fields).toEqual(['prompt', 'temperature', 'topK', 'topP']);
  });

  it('are copied', () => {
    const dry = { multiplier: 1, sequenceBreakers: ['a'] };
    const lists = { bannedTokens: [1], forcedTokens: [2], logitBias: { 1: 1 }, dry };
    const { json } = preparePrompt('Hi', lists);
    lists.bannedTokens.push(2);
    dry.sequenceBreakers.push('b');
    expect(JSON.parse(json)).toMatchObject({ bannedTokens: [1], dry: { sequenceBreakers: ['a'] } });
  });

  it.each<[string, unknown[]]>([
    ['minP', [0, 0.5, 1]],
    ['repetitionPenalty', [1e-9, 1, 100]],
    ['frequencyPenalty', [-2, 0, 2]],
    ['presencePenalty', [-2, 0, 2]],
    ['dry', [{ multiplier: 0 }, { multiplier: 100, base: 1, allowedLength: 1, rangeTokens: 1, sequenceBreakers: [] }]],
    ['logitBias', [{}, { 5: -100 }, { 5: undefined }]],
    ['bannedTokens', [[], [0], listOf(10_000)]],
    ['forcedTokens', [[], [2 ** 32 - 1], listOf(10_000)]],
    ['logprobs', [0, 20]],
  ])('takes %s at its bounds', (name, values) => {
    for (const value of values) expect(() => sent({ [name]: value })).not.toThrow();
  });

  it.each<[string, string, unknown[]]>([
    ['minP', 'minP', [-0.1, 1.1, Number.NaN, '0.5', null]],
    ['repetitionPenalty', 'repetitionPenalty', [0, -1, 101, null]],
    ['frequencyPenalty', 'frequencyPenalty', [-2.1, 2.1, Infinity, null]],
    ['presencePenalty', 'presencePenalty', [-2.1, 2.1, true, null]],
    ['logprobs', 'logprobs', [-1, 21, 0.5, true, null]],
    ['dry', 'dry', [null, true, 0.8, []]],
    ['dry', 'dry.multiplier', [{}, { multiplier: -1 }, { multiplier: 101 }, { multiplier: null }]],
    ['dry', 'dry.base', [{ multiplier: 1, base: 0.9 }, { multiplier: 1, base: 101 }, { multiplier: 1, base: null }]],
    ['dry', 'dry.allowedLength', [{ multiplier: 1, allowedLength: 0 }, { multiplier: 1, allowedLength: 1.5 }]],
    ['dry', 'dry.rangeTokens', [{ multiplier: 1, rangeTokens: 0 }, { multiplier: 1, rangeTokens: 2 ** 32 }]],
    ['dry', 'dry.sequenceBreakers', ['\n', null, listOf(65).map(String)].map(breaking)],
    ['dry', 'dry.sequenceBreakers[0]', [[''], [5], ['é'.repeat(129)]].map(breaking)],
    ['dry', 'dry.rangeToken', [{ multiplier: 1, rangeToken: 5 }]],
    ['logitBias', 'logitBias', [null, [1], new Map([[1, 1]]), 5, Object.fromEntries(listOf(10_001).map((id) => [id, 1]))]],
    ['logitBias', 'logitBias.5', [{ 5: 101 }, { 5: '1' }, { 5: null }, { 5: Number.NaN }]],
    ['logitBias', 'logitBias.05', [{ '05': 1 }]],
    ['logitBias', 'logitBias.4294967296', [{ 4294967296: 1 }]],
    ['logitBias', 'logitBias.-1', [{ '-1': 1 }]],
    ['bannedTokens', 'bannedTokens', [null, 5, 'abc', new Set([1]), listOf(10_001)]],
    ['bannedTokens', 'bannedTokens[1]', [[1, -1], [1, 1.5], [1, null], [1, '2'], [1, 2 ** 32], [1, undefined]]],
    ['forcedTokens', 'forcedTokens', [null, {}, listOf(10_001)]],
    // oxlint-disable-next-line no-sparse-arrays
    ['forcedTokens', 'forcedTokens[0]', [[, 1], ['1']]],
  ])('refuses %s, naming %s', (name, field, values) => {
    for (const value of values) {
      let error: unknown;
      try {
        sent({ [name]: value });
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toEqual(invalid(field));
    }
  });

  it('names the closest of an unknown one, also within dry', () => {
    expect(() => sent({ dry: { multiplier: 1, alowedLength: 2 } })).toThrow('did you mean "dry.allowedLength"?');
    expect(() => sent({ frequency_penalty: 1 })).toThrow('did you mean "frequencyPenalty"?');
  });
});

describe('grammar and responseFormat', () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } } };

  it.each<[GenerateOptions]>([
    [{ grammar: { type: 'json-schema', schema } }],
    [{ grammar: { type: 'json-schema', schema: true } }],
    [{ grammar: { type: 'regex', pattern: '[a-z]+' } }],
    [{ grammar: { type: 'lark', source: 'start: "a"' } }],
    [{ grammar: { type: 'regex', pattern: 'a' }, responseFormat: { type: 'text' } }],
    [{ responseFormat: { type: 'json' } }],
    [{ responseFormat: { type: 'json', schema } }],
  ])('are sent: %j', (options) => {
    expect(sent(options)).toMatchObject(options);
  });

  it.each<[string, unknown]>([
    ['grammar', { grammar: null }],
    ['grammar', { grammar: '[a-z]+' }],
    ['grammar.type', { grammar: {} }],
    ['grammar.type', { grammar: { type: 'gbnf', source: 'a' } }],
    ['grammar.schema', { grammar: { type: 'json-schema' } }],
    ['grammar.schema', { grammar: { type: 'json-schema', schema: '{}' } }],
    ['grammar.schema', { grammar: { type: 'json-schema', schema: { toJSON: () => ({}) } } }],
    ['grammar.schema.a', { grammar: { type: 'json-schema', schema: { a: 1n } } }],
    ['grammar.pattern', { grammar: { type: 'regex' } }],
    ['grammar.pattern', { grammar: { type: 'regex', pattern: /a/ } }],
    ['grammar.source', { grammar: { type: 'lark', source: '' } }],
    ['grammar.regex', { grammar: { type: 'regex', regex: 'a' } }],
    ['responseFormat', { responseFormat: null }],
    ['responseFormat', { responseFormat: 'json' }],
    ['responseFormat.type', { responseFormat: { type: 'json_object' } }],
    ['responseFormat.schema', { responseFormat: { type: 'json', schema: null } }],
    ['responseFormat.schema', { responseFormat: { type: 'text', schema } }],
    ['responseFormat', { responseFormat: { type: 'json' }, grammar: { type: 'regex', pattern: 'a' } }],
  ])('are refused, naming %s: %o', (field, options) => {
    expect(() => sent(options)).toThrow(invalid(field));
  });

  it('say how a schema of zod becomes one that can be sent', () => {
    const schemaOfZod = z.object({ city: z.string() });
    expect(() => sent({ responseFormat: { type: 'json', schema: schemaOfZod } })).toThrow('z.toJSONSchema');
    expect(sent({ responseFormat: { type: 'json', schema: z.toJSONSchema(schemaOfZod) } })).toMatchObject({
      responseFormat: { schema: { properties: { city: { type: 'string' } } } },
    });
  });
});
