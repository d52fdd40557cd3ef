import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { EmbeddingModel, inspectModel, loadEmbeddingModel, loadModel } from '../../src/index.ts';
import type { LoadProgress } from '../../src/index.ts';
import { startHubServer } from '../support/hub/hub-server.ts';
import { filesUnder } from '../support/files-under.ts';
import { referenceEmbedding } from '../support/models/embedding-reference.ts';
import { writeTinyEmbeddingModel } from '../support/models/tiny-embedding-model.ts';
import type { TinyEmbeddingOptions } from '../support/models/tiny-embedding-model.ts';
import { writeTinyGguf, writeTinySafetensors } from '../support/models/tiny-model.ts';
import { tinyVocabulary } from '../support/models/tiny-vocabulary.ts';
import { errorOf } from '../support/read-stream.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

const scratch = scratchFolder();
let folders = 0;
function tiny(options: TinyEmbeddingOptions = {}) {
  const folder = join(scratch, `embedding-${(folders += 1)}`);
  return { folder, reference: writeTinyEmbeddingModel(folder, options) };
}

/** Text whose tokens are its letters: no two of them are merged. */
const letters = 'qzjxvkw';
const spelled = (text: string) => Array.from(text, (letter) => tinyVocabulary.tokens.indexOf(letter));
const endOfText = tinyVocabulary.bosId;
const ended = (text: string) => [...spelled(text), endOfText];
const repeated = (length: number) => Array.from({ length }, (_, i) => letters[(i * i + 3 * i) % letters.length]).join('');
const texts = ['q', 'zq', 'qzjxvkw', repeated(30), 'Hello there', repeated(200), ' ', 'The sea, and the sun.\n', 'é🌊'];

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (/^(HF|HUGGING|TRANSFORMERS)/.test(name)) vi.stubEnv(name, undefined);
  return () => vi.unstubAllEnvs();
});

describe('a vector', () => {
  it.each<[string, TinyEmbeddingOptions]>([
    ['of Qwen3, one layer', { layers: 1 }],
    ['of Qwen3, by the last token', { layers: 3, seed: 2 }],
    ['of Qwen3, by the mean', { pooling: 'mean_tokens' }],
    ['of Qwen3, not normalised', { normalise: false }],
    ['of Qwen3, by the mean and not normalised', { pooling: 'mean_tokens', normalise: false }],
    ['of Qwen3, with a matrix after the mean, not normalised', { pooling: 'mean_tokens', dense: [32], normalise: false }],
    ['of Gemma, by the mean, with matrices', { architecture: 'gemma3', pooling: 'mean_tokens', dense: [96, 32], layers: 4 }],
    ['of Gemma, not normalised', { architecture: 'gemma3', pooling: 'mean_tokens', normalise: false, layers: 3 }],
  ])('%s is what a plain computation gives', async (_name, options) => {
    const { folder, reference } = tiny(options);
    await using model = await loadEmbeddingModel(folder);
    const inputs = ['q', 'zq', letters, repeated(9), repeated(10), repeated(75)];
    const { embeddings, inputTokens } = await model.embed(inputs);
    expect(inputTokens).toBe(inputs.join('').length + inputs.length);
    for (const [index, text] of inputs.entries()) {
      const expected = referenceEmbedding(reference, ended(text));
      const vector = embeddings[index] ?? [];
      expect(vector).toHaveLength(model.info.embeddingWidth);
      const largest = Math.max(...expected.map(Math.abs));
      for (const [i, number] of expected.entries()) expect(Math.abs((vector[i] ?? NaN) - number)).toBeLessThan(1e-5 * largest);
      expect(Math.abs(Math.hypot(...vector) - 1) < 1e-6).toBe(model.info.normalised);
    }
  });

  it('is the same to the bit whatever is computed with it, and in whatever order', async () => {
    const { folder } = tiny();
    await using model = await loadEmbeddingModel(folder);
    const alone = [];
    for (const text of texts) alone.push(...(await model.embed([text])).embeddings);
    expect((await model.embed(texts)).embeddings).toEqual(alone);
    expect((await model.embed(texts.toReversed())).embeddings.toReversed()).toEqual(alone);
    const together = await Promise.all(texts.map((text) => model.embed([text, ...texts])));
    expect(together.map(({ embeddings }) => embeddings[0])).toEqual(alone);
    await using again = await loadEmbeddingModel(folder);
    expect((await again.embed(texts)).embeddings).toEqual(alone);
  });

  it('of quantised weights is near that of the others', async () => {
    const { folder } = tiny();
    await using whole = await loadEmbeddingModel(folder);
    await using quantised = await loadEmbeddingModel(folder, { isq: 8 });
    expect(quantised.info.quantization).toBe('Q8_0');
    const [a, b] = await Promise.all([whole.embed(texts), quantised.embed(texts)]);
    for (const [index, vector] of a.embeddings.entries()) {
      const cosine = vector.reduce((total, number, i) => total + number * (b.embeddings[index]?.[i] ?? 0), 0);
      expect(cosine).toBeGreaterThan(0.99);
      expect(cosine).toBeLessThan(0.9999999);
    }
  });
});

describe('an embedding model', () => {
  it('tells what it is', async () => {
    const { folder } = tiny({ architecture: 'gemma3', pooling: 'mean_tokens', dense: [32], contextLength: 256 });
    const progress: LoadProgress[] = [];
    await using model = await loadEmbeddingModel(folder, { onProgress: (report) => void progress.push(report) });
    expect(model).toBeInstanceOf(EmbeddingModel);
    expect(model.info).toMatchObject({
      model: folder,
      format: 'safetensors',
      architecture: 'Gemma3TextModel',
      quantization: 'F32',
      contextLength: 256,
      trainedContextLength: 256,
      vocabularySize: 320,
      embeddingWidth: 32,
      pooling: 'mean',
      normalised: true,
      prompts: { query: 'Find: ', document: '' },
      device: 'cpu',
      dtype: 'f32',
    });
    expect(progress.map(({ phase }) => phase)).toEqual(expect.arrayContaining(['resolve', 'load', 'ready']));
    expect(await inspectModel(folder)).toMatchObject({ kind: 'embedding', runnable: true, parameterCount: model.info.parameterCount });
  });

  it('takes a thousand texts at once', async () => {
    const { folder } = tiny({ layers: 1 });
    await using model = await loadEmbeddingModel(folder);
    const many = Array.from({ length: 1000 }, (_, i) => `text ${i % 500}`);
    const { embeddings } = await model.embed(many);
    expect(embeddings).toHaveLength(1000);
    expect(embeddings.slice(500)).toEqual(embeddings.slice(0, 500));
    expect(new Set(embeddings.map(String)).size).toBe(500);
  });

  it('does not cut a text, whatever its tokenizer was trained with', async () => {
    const { folder } = tiny();
    await using model = await loadEmbeddingModel(folder);
    expect((await model.embed([repeated(100)])).inputTokens).toBe(101);
  });

  it('refuses texts that it cannot embed, naming them, before it computes any', async () => {
    const { folder } = tiny({ contextLength: 64 });
    await using model = await loadEmbeddingModel(folder);
    const long = repeated(64);
    expect(await errorOf(model.embed(['q', 'z', long]))).toMatchObject({ code: 'context-overflow', field: 'texts[2]' });
    expect(await errorOf(model.embed(['q', '']))).toMatchObject({ code: 'invalid-argument', field: 'texts[1]' });
    expect(await errorOf(model.embed(['q', 7 as never]))).toMatchObject({ code: 'invalid-argument', field: 'texts[1]' });
    expect(await errorOf(model.embed([]))).toMatchObject({ code: 'invalid-argument', field: 'texts' });
    expect(await errorOf(model.embed('q' as never))).toMatchObject({ code: 'invalid-argument', field: 'texts' });
    expect(await errorOf(model.embed(Array(2049).fill('q')))).toMatchObject({ field: 'texts' });
    expect(await errorOf(model.embed(['q'], { signal: 1 } as never))).toMatchObject({ field: 'signal' });
    expect((await model.embed([long.slice(1)])).inputTokens).toBe(64);
    await using short = await loadEmbeddingModel(folder, { contextLength: 10 });
    expect(await errorOf(short.embed([repeated(10)]))).toMatchObject({ code: 'context-overflow', field: 'texts[0]' });
    expect(await errorOf(loadEmbeddingModel(folder, { contextLength: 65 }))).toMatchObject({ field: 'contextLength' });
  });

  it('refuses a text of fewer tokens than the engine computes, and goes on', async () => {
    const { folder } = tiny({ endsTexts: false });
    await using model = await loadEmbeddingModel(folder);
    expect(await errorOf(model.embed(['zq', 'q']))).toMatchObject({ code: 'invalid-argument', field: 'texts[1]' });
    expect((await model.embed(['zq'])).inputTokens).toBe(2);
  });

  it('lets a call be aborted, and serves the others', async () => {
    const { folder } = tiny({ layers: 3 });
    await using model = await loadEmbeddingModel(folder);
    const many = Array<string>(2000).fill(repeated(200));
    const controller = new AbortController();
    const aborted = errorOf(model.embed(many, { abortSignal: controller.signal }));
    const other = model.embed(['q']);
    // It takes its turn between the texts of the long call.
    await other;
    controller.abort('enough');
    expect(await aborted).toMatchObject({ code: 'aborted', cause: 'enough' });
    expect(await model.embed(['q'])).toEqual(await other);
    expect(await errorOf(model.embed(['q'], { abortSignal: AbortSignal.abort() }))).toMatchObject({ code: 'aborted' });
  });

  it('closes while it embeds', async () => {
    const { folder } = tiny({ layers: 3 });
    const model = await loadEmbeddingModel(folder);
    const calls = [1, 2, 3].map(() => errorOf(model.embed(Array<string>(2000).fill(repeated(200)))));
    await model.embed(['q']);
    await Promise.all([model.close(), model.close()]);
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: 'closed' });
    expect(await errorOf(model.embed(['q']))).toMatchObject({ code: 'closed' });
  });

  it('does not block the event loop', async () => {
    const { folder } = tiny({ layers: 3 });
    await using model = await loadEmbeddingModel(folder);
    const call = model.embed(Array<string>(200).fill(repeated(200)));
    let turns = 0;
    for (; turns < 100_000; turns += 1) {
      if ((await Promise.race([call, delay(1)])) !== undefined) break;
    }
    expect(turns).toBeGreaterThan(20);
  });

  it('is brought from the hub with its modules', async () => {
    const { folder } = tiny({ architecture: 'gemma3', pooling: 'mean_tokens', dense: [32] });
    const files = Object.fromEntries(
      filesUnder(folder).map((name) => [name, { path: join(folder, name), lfs: name.endsWith('.safetensors') }]),
    );
    const hub = await startHubServer({ 'org/embedding': { files } });
    try {
      const cacheDir = join(scratch, 'hub-cache');
      await using local = await loadEmbeddingModel(folder);
      await using model = await loadEmbeddingModel('org/embedding', { endpoint: hub.endpoint, cacheDir });
      expect(await model.embed(texts)).toEqual(await local.embed(texts));
      await (await loadEmbeddingModel('org/embedding', { cacheDir, offline: true })).close();
    } finally {
      await hub.close();
    }
  });
});

describe('what is no embedding model that can be run', () => {
  it('is refused by the function that is for the other kind, which it names', async () => {
    const { folder } = tiny();
    const error = await errorOf(loadModel(folder));
    expect(error).toMatchObject({ code: 'unsupported-model', file: folder });
    expect(error.message).toContain('loadEmbeddingModel');
    const text = join(scratch, 'text');
    writeTinySafetensors(text);
    const other = await errorOf(loadEmbeddingModel(text));
    expect(other).toMatchObject({ code: 'unsupported-model' });
    expect(other.message).toMatch(/load it with loadModel/);
    const gguf = join(scratch, 'text.gguf');
    writeTinyGguf(gguf);
    expect(await errorOf(loadEmbeddingModel(gguf))).toMatchObject({ code: 'unsupported-model', file: gguf });
  });

  const changed = (name: string, change: (content: Record<string, unknown>) => unknown) => {
    const { folder } = tiny({ architecture: 'gemma3', pooling: 'mean_tokens', dense: [32] });
    const path = join(folder, name);
    const content = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify(change(content)));
    return folder;
  };

  it.each<[string, string, (content: Record<string, unknown>) => unknown, string]>([
    ['BERT', 'config.json', (config) => ({ ...config, architectures: ['BertModel'] }), 'unsupported-model'],
    ['a causal Gemma', 'config.json', (config) => ({ ...config, use_bidirectional_attention: false }), 'unsupported-model'],
    ['layers in disorder', 'config.json', (config) => ({ ...config, layer_types: ['full_attention', 'sliding_attention'] }), 'unsupported-model'],
    ['another width', 'config.json', (config) => ({ ...config, hidden_size: 32 }), 'invalid-model'],
    ['pooling by the first token', '1_Pooling/config.json', () => ({ word_embedding_dimension: 64, pooling_mode_cls_token: true }), 'unsupported-model'],
    ['two poolings', '1_Pooling/config.json', (config) => ({ ...config, pooling_mode_max_tokens: true }), 'unsupported-model'],
    ['an activation', '2_Dense/config.json', (config) => ({ ...config, activation_function: 'torch.nn.modules.activation.Tanh' }), 'unsupported-model'],
    ['a matrix that does not fit', '2_Dense/config.json', (config) => ({ ...config, in_features: 96 }), 'invalid-model'],
    ['modules elsewhere', 'modules.json', () => [{ type: 'Transformer', path: '' }, { type: 'Pooling', path: '../x' }], 'invalid-model'],
    ['an unknown module', 'modules.json', (modules) => [...(modules as unknown as object[]), { type: 'x.Secret', path: '3_Secret' }], 'unsupported-model'],
    ['no modules', 'modules.json', () => ({}), 'invalid-model'],
  ])('%s is refused with the file', async (_name, file, change, code) => {
    const folder = changed(file, change);
    const error = await errorOf(loadEmbeddingModel(folder));
    expect(error).toMatchObject({ code, file: expect.stringContaining(folder) });
  });

  it('is described all the same', async () => {
    const folder = changed('1_Pooling/config.json', () => ({ word_embedding_dimension: 64, pooling_mode_cls_token: true }));
    const { kind, runnable, problem } = await inspectModel(folder);
    expect({ kind, runnable, code: problem?.code }).toEqual({ kind: 'embedding', runnable: false, code: 'unsupported-model' });
  });

  it('without its pooling is refused, naming it', async () => {
    const { folder } = tiny();
    rmSync(join(folder, '1_Pooling'), { recursive: true });
    expect(await errorOf(loadEmbeddingModel(folder))).toMatchObject({ code: 'invalid-model', file: join(folder, '1_Pooling/config.json') });
  });
});
