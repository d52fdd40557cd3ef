import { describe, expect, it, vi } from 'vitest';
import { createHandler } from '../../../src/server/index.ts';
import type { ServerHandler } from '../../../src/server/index.ts';
import { readKeepAlive } from '../../../src/server/ollama/keep-alive.ts';
import { get, post } from '../../support/server/ask.ts';
import { PlayedModel } from '../../support/server/played-model.ts';

const info = {
  model: '/models/small.gguf',
  format: 'gguf',
  architecture: 'llama',
  parameterCount: 134_515_008,
  quantization: 'Q4_1',
  contextLength: 2048,
  vocabularySize: 49_152,
  chatTemplate: '{% if tools %}{{ tools }}{% endif %}',
  memoryBytes: 90_000_000,
};
const local = () => Object.assign(new PlayedModel(), { info });
const embedder = () => ({
  info: { model: 'vectors', embeddingWidth: 2, architecture: 'qwen3' },
  embed: async (texts: readonly string[]) => ({ embeddings: texts.map(({ length }) => [length, 0.5]), inputTokens: texts.length }),
  close: async () => {},
});

type Listed = { readonly models: readonly Readonly<Record<string, unknown>>[] };
const json = async (handler: ServerHandler, path: string, body?: object): Promise<Record<string, unknown>> =>
  (await (await handler.fetch(body ? post(path, body) : get(path))).json()) as Record<string, unknown>;
const running = async (handler: ServerHandler) => ((await json(handler, '/api/ps')) as unknown as Listed).models.map(({ name }) => name);

describe('the lists', () => {
  const handler = createHandler({ models: { small: local(), 'org/b:q4': { load: async () => new PlayedModel() }, 'a:b/c': new PlayedModel() } });

  it('name models with a tag, and tell what is known of them', async () => {
    const { models } = (await json(handler, '/api/tags')) as unknown as Listed;
    expect(models.map(({ name, model }) => [name, model])).toEqual([
      ['small:latest', 'small:latest'],
      ['org/b:q4', 'org/b:q4'],
      ['a:b/c:latest', 'a:b/c:latest'],
    ]);
    expect(models[0]).toMatchObject({
      size: 90_000_000,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      modified_at: expect.stringMatching(/^\d{4}-.*Z$/),
      details: { format: 'gguf', family: 'llama', families: ['llama'], parameter_size: '134.52M', quantization_level: 'Q4_1' },
    });
    expect(models[1]).toMatchObject({ size: 0, details: { format: '', families: [] } });
  });

  it('tell which are loaded, and until when', async () => {
    expect(await running(handler)).toEqual(['small:latest', 'a:b/c:latest']);
    const { models } = (await json(handler, '/api/ps')) as unknown as Listed;
    expect(new Date(models[0]?.['expires_at'] as string).getTime()).toBeGreaterThan(Date.now() + 1e12);
    expect(models[0]).toMatchObject({ context_length: 2048 });
  });

  it('show one by its name, with or without the tag', async () => {
    for (const model of ['small', 'small:latest']) {
      expect(await json(handler, '/api/show', { model })).toMatchObject({
        template: info.chatTemplate,
        details: { quantization_level: 'Q4_1' },
        model_info: { 'general.architecture': 'llama', 'general.parameter_count': 134_515_008, 'llama.context_length': 2048 },
        capabilities: ['completion', 'tools'],
      });
    }
    expect(await json(handler, '/api/show', { name: 'org/b:q4' })).toMatchObject({ capabilities: [], model_info: {} });
    expect(await running(handler)).not.toContain('org/b:q4');
    expect(await json(handler, '/api/version')).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
  });
});

describe('embeddings', () => {
  const handler = createHandler({ models: { vectors: embedder(), small: local() } });

  it('are given for one text and for several', async () => {
    const model = 'vectors:latest';
    expect(await json(handler, '/api/embed', { model, input: ['a', 'bcd'], truncate: false })).toMatchObject({
      model,
      embeddings: [[1, 0.5], [3, 0.5]],
      prompt_eval_count: 2,
      total_duration: expect.any(Number),
      load_duration: expect.any(Number),
    });
    expect(await json(handler, '/api/embed', { model, input: 'ab', dimensions: 2 })).toMatchObject({ embeddings: [[2, 0.5]] });
    expect(await json(handler, '/api/embed', { model })).toMatchObject({ embeddings: [] });
    expect(await json(handler, '/api/embeddings', { model, prompt: 'ab' })).toEqual({ embedding: [2, 0.5] });
    expect(await json(handler, '/api/show', { model })).toMatchObject({ capabilities: ['embedding'] });
  });

  it.each([
    [{ model: 'small', input: 'a' }, 'ask an embedding model'],
    [{ model: 'vectors', input: [1] }, 'input[0]'],
    [{ model: 'vectors', input: 'a', dimensions: 5 }, 'dimensions'],
  ])('are refused for %j', async (body, message) => {
    expect(await json(handler, '/api/embed', body)).toEqual({ error: expect.stringContaining(message) });
  });

  it('are all that an embedding model has', async () => {
    const error = expect.stringMatching(/"vectors".*ask it for embeddings/);
    expect(await json(handler, '/api/generate', { model: 'vectors', prompt: 'a' })).toEqual({ error });
  });
});

describe('keep_alive', () => {
  it.each<[unknown, number | undefined]>([
    [undefined, undefined],
    [0, 0],
    [2.5, 2500],
    [-1, Infinity],
    ['0', 0],
    ['-1', Infinity],
    ['300ms', 300],
    ['1.5h', 5_400_000],
    ['2h45m', 9_900_000],
    ['-5m', Infinity],
  ])('%j is %j milliseconds', (value, ms) => {
    expect(readKeepAlive(value)).toBe(ms);
  });

  it.each([['soon'], ['5'.repeat(5) + 'd'], [true], [''], [{}]])('%j is none', (value) => {
    expect(() => readKeepAlive(value)).toThrow(/keep_alive must be/);
  });

  const lazy = (idleUnloadMs?: number) => {
    const loads: PlayedModel[] = [];
    const load = async () => {
      const model = new PlayedModel();
      loads.push(model);
      return model;
    };
    return { loads, handler: createHandler({ models: { lazy: { load, ...(idleUnloadMs !== undefined && { idleUnloadMs }) } } }) };
  };

  it('unloads a model that has answered, and one that has nothing to do', async () => {
    const { handler, loads } = lazy();
    await json(handler, '/api/generate', { model: 'lazy', prompt: 'Hi', stream: false });
    expect(await running(handler)).toEqual(['lazy:latest']);
    expect(await json(handler, '/api/generate', { model: 'lazy', keep_alive: 0 })).toMatchObject({ done_reason: 'unload' });
    expect(await running(handler)).toEqual([]);
    await json(handler, '/api/chat', { model: 'lazy', messages: [{ role: 'user', content: 'Hi' }], stream: false, keep_alive: 0 });
    expect(await running(handler)).toEqual([]);
    expect(loads.map(({ closed }) => closed)).toEqual([true, true]);
    await json(handler, '/api/chat', { model: 'lazy' });
    expect(await running(handler)).toEqual(['lazy:latest']);
  });

  it('goes before what the server was told, until the model is loaded anew', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
    try {
      const { handler } = lazy(1000);
      const ask = (keep_alive?: string | number) => json(handler, '/api/generate', { model: 'lazy', prompt: 'Hi', stream: false, keep_alive });
      await ask('5m');
      vi.advanceTimersByTime(4 * 60_000);
      expect(await running(handler)).toEqual(['lazy:latest']);
      const { models } = (await json(handler, '/api/ps')) as unknown as Listed;
      expect(new Date(models[0]?.['expires_at'] as string).getTime() - Date.now()).toBe(60_000);
      vi.advanceTimersByTime(60_000);
      expect(await running(handler)).toEqual([]);
      await ask(-1);
      vi.advanceTimersByTime(3_600_000);
      expect(await running(handler)).toEqual(['lazy:latest']);
      await ask(0);
      await ask();
      vi.advanceTimersByTime(1000);
      expect(await running(handler)).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });
});
