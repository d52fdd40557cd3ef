import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/index.ts';
import type { Model } from '../../src/index.ts';
import { connectPort, serveModel } from '../../src/port/index.ts';
import type { PortModel } from '../../src/port/index.ts';
import { until } from '../support/port-pair.ts';
import { errorOf, readAll } from '../support/read-stream.ts';
import { testModel } from '../support/test-model.ts';

const options = { maxOutputTokens: 24, temperature: 0.8, seed: 11 } as const;
const prompt = 'Name three winds of the Mediterranean.';
const workerFile = new URL('../support/model-worker.mjs', import.meta.url);

let here: Model;
let expected: string;
beforeAll(async () => {
  here = await loadModel(testModel());
  expected = (await here.streamPrompt(prompt, options).result()).text;
});
afterAll(() => here.close());

describe('a model in a worker thread', () => {
  let worker: Worker;
  let model: PortModel;
  beforeAll(async () => {
    worker = new Worker(workerFile, { workerData: { role: 'serve', path: testModel() } });
    model = await connectPort(worker);
  });
  afterAll(() => worker.terminate());

  it('gives the same text as the model here, with its counts', async () => {
    expect(model.info).toMatchObject({ format: 'gguf', vocabularySize: here.info.vocabularySize });
    const stream = model.streamPrompt(prompt, options);
    expect((await readAll(stream.textStream)).join('')).toBe(expected);
    expect(await stream.result()).toMatchObject({ text: expected, finishReason: 'length', usage: { outputTokens: 24 } });
  });

  it('pauses and goes on with the same text', async () => {
    const stream = model.streamPrompt(prompt, options);
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    stream.pause();
    await until(() => model.metrics().liveSequences === 0);
    stream.resume();
    while (!(await iterator.next()).done);
    expect((await stream.result()).text).toBe(expected);
  });

  it('holds its answers to a schema', async () => {
    const schema = { type: 'object', properties: { wind: { enum: ['mistral', 'tramontane'] } }, required: ['wind'], additionalProperties: false };
    const { text } = await model.streamPrompt('Which wind?', { responseFormat: { type: 'json', schema }, seed: 1 }).result();
    expect(['mistral', 'tramontane']).toContain((JSON.parse(text) as { wind: string }).wind);
  });

  it('stops computing when its stream is left', async () => {
    for await (const _ of model.streamPrompt('Tell me a very long story.', { seed: 5 })) break;
    await until(() => model.metrics().liveSequences === 0);
    const { outputTokens } = await (async () => {
      const stream = model.streamPrompt('Tell me a very long story.', { seed: 5 });
      for await (const part of stream) if (part.type === 'text-delta') stream.cancel();
      return (await stream.result()).usage;
    })();
    expect(outputTokens).toBeLessThan(32);
  });

  it('says where a request is wrong for this model', async () => {
    const tokens = [here.info.vocabularySize];
    expect(await errorOf(model.streamCompletion({ tokens }).result())).toMatchObject({ code: 'invalid-argument', field: 'tokens[0]' });
  });

  it('terminated in the middle of a stream leaves its text', async () => {
    const iterator = model.streamPrompt('Tell me a very long story.', { seed: 5 })[Symbol.asyncIterator]();
    const first = (await iterator.next()).value as { delta: string };
    await worker.terminate();
    const error = await errorOf((async () => {
      while (!(await iterator.next()).done);
    })());
    expect(error).toMatchObject({ code: 'connection-lost' });
    expect(error.partial?.text.startsWith(first.delta)).toBe(true);
  });
});

describe('a model here that is read in a worker thread', () => {
  function readThere(more: object = {}): Worker {
    const { port1, port2 } = new MessageChannel();
    serveModel(port1, here);
    return new Worker(workerFile, { workerData: { role: 'read', prompt, options: { ...options, ...more }, port: port2 }, transferList: [port2] });
  }

  it('gives the same text there', async () => {
    const worker = readThere();
    // Both are listened for at once: to a busy parent, a worker's message and its end come in the same tick.
    const [[{ deltas, result }], [code]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
    expect(deltas.join('')).toBe(expected);
    expect(result).toMatchObject({ text: expected, finishReason: 'length', usage: { outputTokens: 24 } });
    // Nothing keeps it alive: it has closed its end.
    expect(code).toBe(0);
  });

  it('is free again when the worker is terminated', async () => {
    const before = here.metrics();
    const worker = readThere({ maxOutputTokens: 1500, grammar: { type: 'regex', pattern: '[a-z ]{20000}' } });
    await until(() => here.metrics().liveSequences === 1, 20_000);
    await worker.terminate();
    await until(() => here.metrics().liveSequences === 0);
    expect(here.metrics().abortedSequences).toBe(before.abortedSequences + 1);
    expect(here.metrics().generatedTokens - before.generatedTokens).toBeLessThan(500);
  });
});
