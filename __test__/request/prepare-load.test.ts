import { describe, expect, it } from 'vitest';
import { prepareLoad } from '../../src/request/prepare-load.ts';
import type { LoadModelOptions } from '../../src/index.ts';

function errorOf(model: unknown, options?: unknown): unknown {
  try {
    prepareLoad(model as string, options as LoadModelOptions);
  } catch (error) {
    return error;
  }
  return undefined;
}
const invalid = (field: string) => expect.objectContaining({ code: 'invalid-argument', field });

it('sends every option as given, and neither the callback nor the signal', () => {
  const options = {
    file: 'a.gguf',
    revision: 'main',
    token: 'secret',
    cacheDir: '/cache',
    offline: true,
    endpoint: 'http://localhost',
    device: 'cuda:1',
    isq: 4,
    dtype: 'bf16',
    contextLength: 2048,
    threads: 2,
    chatTemplate: '{{ messages }}',
    tokenizer: 'tokenizer.json',
    reasoningFormat: 'think',
    toolCallFormat: 'qwen-coder',
  } as const;
  const onProgress = () => {};
  const { signal } = new AbortController();
  const load = prepareLoad('org/repo', { ...options, onProgress, abortSignal: signal });
  expect(JSON.parse(load.json)).toEqual({ model: 'org/repo', ...options });
  expect(load).toMatchObject({ onProgress, abortSignal: signal });
});

it('sends nothing but the model where no option is given', () => {
  expect(prepareLoad('a.gguf').json).toBe('{"model":"a.gguf"}');
  expect(prepareLoad('a.gguf', { file: undefined, isq: undefined, onProgress: undefined }).json).toBe('{"model":"a.gguf"}');
});

it.each(['auto', 'cpu', 'metal', 'cuda', 'cuda:0', 'cuda:15'])('takes device %s', (device) => {
  expect(errorOf('a.gguf', { device })).toBeUndefined();
});

it.each(['Q4K', 'q8_0', 'AFQ4', 2, 3, 4, 5, 6, 8])('takes isq %s, as names are checked by the engine', (isq) => {
  expect(errorOf('a.gguf', { isq })).toBeUndefined();
});

describe('refuses', () => {
  it.each([undefined, null, '', 7, {}, ['a']])('a model that is %j', (model) => {
    expect(errorOf(model)).toEqual(invalid('model'));
  });

  it.each([null, 'cpu', []])('options that are %j', (options) => {
    expect(errorOf('a.gguf', options)).toEqual(invalid('options'));
  });

  const texts = ['file', 'revision', 'token', 'cacheDir', 'endpoint', 'chatTemplate', 'tokenizer'];
  it.each<[string, unknown]>([
    ...texts.flatMap((name): [string, unknown][] => [
      [name, ''],
      [name, 7],
      [name, null],
    ]),
    ['offline', 'yes'],
    ['offline', 1],
    ['device', 'gpu'],
    ['device', 'CPU'],
    ['device', 'cuda:'],
    ['device', 'cuda:-1'],
    ['device', 'cuda:01'],
    ['device', 'cuda:1\n'],
    ['device', 0],
    ['isq', 7],
    ['isq', 1],
    ['isq', ''],
    ['isq', Number.NaN],
    ['isq', true],
    ['dtype', 'f64'],
    ['dtype', 'F32'],
    ['dtype', 16],
    ['contextLength', 0],
    ['contextLength', -1],
    ['contextLength', 0.5],
    ['contextLength', Number.NaN],
    ['contextLength', Infinity],
    ['contextLength', 2 ** 32],
    ['contextLength', '4096'],
    ['threads', 0],
    ['threads', 1.5],
    ['threads', 1025],
    ['threads', 'all'],
    ['reasoningFormat', 'thinking'],
    ['reasoningFormat', null],
    ['toolCallFormat', 'openai'],
    ['toolCallFormat', ''],
    ['onProgress', 'log'],
    ['onProgress', null],
    ['abortSignal', new AbortController()],
  ])('%s: %s', (name, value) => {
    expect(errorOf('a.gguf', { [name]: value })).toEqual(invalid(name));
  });

  it('an unknown option, naming the closest', () => {
    expect(errorOf('a.gguf', { ctx: 1 })).toMatchObject({
      field: 'ctx',
      message: 'unknown option "ctx"; did you mean "contextLength"?',
    });
  });
});

it('never repeats a token in an error', () => {
  expect(JSON.stringify(errorOf('a.gguf', { token: 'secret', device: 'gpu' }))).not.toContain('secret');
});
