import { getEventListeners } from 'node:events';
import { beforeEach, expect, it } from 'vitest';
import type { GenerationStream, Model } from '../../src/index.ts';
import type { FakeNativeModel } from '../support/fake-native-model.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { collectUntil, turns } from '../support/turns.ts';

let model: Model;
let native: FakeNativeModel;
beforeEach(async () => {
  ({ model, native } = await openFakeModel());
});

/** Reads one part and lets go of everything. In a function of its own, so that no variable keeps the stream. */
async function readOneAndForget(stream: GenerationStream): Promise<void> {
  const iterator = stream[Symbol.asyncIterator]();
  const first = iterator.next();
  for (const streamId of native.live) native.write(streamId, 'a', 'b');
  await first;
}

it('cancels a stream that was let go of', async () => {
  await readOneAndForget(model.streamPrompt('Hi'));
  await collectUntil(() => native.cancelled.length > 0);
  expect(native.cancelled).toEqual([1]);
  expect(native.live).toEqual([]);
});

it('cancels a stream whose abortSignal lives on, and no longer listens to it', async () => {
  const { signal } = new AbortController();
  await readOneAndForget(model.streamPrompt('Hi', { abortSignal: signal }));
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  await collectUntil(() => native.cancelled.length > 0);
  expect(native.cancelled).toEqual([1]);
  await turns(4);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

it.each<[string, (stream: GenerationStream) => { read(): Promise<unknown> }]>([
  ['web stream', (stream) => stream.toReadableStream().getReader() as { read(): Promise<unknown> }],
  ['response', (stream) => stream.toResponse({ format: 'sse' }).body?.getReader() as { read(): Promise<unknown> }],
  ['Node stream', (stream) => {
    const iterator = stream.toNodeReadable()[Symbol.asyncIterator]();
    return { read: () => iterator.next() };
  }],
  ['reader of chunks', (stream) => {
    const iterator = stream.toOpenAIChunks()[Symbol.asyncIterator]();
    return { read: () => iterator.next() };
  }],
])('cancels a stream whose %s was let go of', async (_, viewOf) => {
  await (async () => {
    const view = viewOf(model.streamPrompt('Hi'));
    const first = view.read();
    await turns(4);
    native.write(1, 'a', 'b');
    await first;
  })();
  await collectUntil(() => native.cancelled.length > 0);
  expect(native.cancelled).toEqual([1]);
});

it('keeps a stream whose iterator is held', async () => {
  const iterator = model.streamPrompt('Hi')[Symbol.asyncIterator]();
  const first = iterator.next();
  native.write(1, 'a', 'b');
  await first;
  await collectUntil(() => native.cancelled.length > 0, 10);
  expect(native.cancelled).toEqual([]);
  expect(await iterator.next()).toEqual({ done: false, value: { type: 'text-delta', delta: 'b' } });
});

it('keeps a stream of which only a pending promise is held', async () => {
  const pending = model.streamPrompt('Hi')[Symbol.asyncIterator]().next();
  const result = model.streamPrompt('Ho').result();
  await collectUntil(() => native.cancelled.length > 0, 10);
  expect(native.cancelled).toEqual([]);
  for (const streamId of native.live) {
    native.write(streamId, 'a');
    native.finish(streamId);
  }
  expect(await pending).toMatchObject({ value: { delta: 'a' } });
  expect(await result).toMatchObject({ text: 'a', finishReason: 'stop' });
});

it('lets go of a stream once nobody awaits anything of it', async () => {
  await (async () => {
    const stream = model.streamPrompt('Hi');
    const iterator = stream[Symbol.asyncIterator]();
    const reads = [iterator.next(), iterator.next()];
    native.write(1, 'a', 'b');
    await Promise.all(reads);
  })();
  await collectUntil(() => native.cancelled.length > 0);
  expect(native.cancelled).toEqual([1]);
});

it('cancels a paused stream that was let go of, whoever paused it', async () => {
  await (async () => {
    const slow = model.streamPrompt('Hi', { maxBufferedParts: 2 });
    const held = model.streamPrompt('Ho');
    const reads = [slow, held].map((stream) => stream[Symbol.asyncIterator]().next());
    for (const streamId of [1, 2]) native.write(streamId, 'a', 'b', 'c');
    await Promise.all(reads);
    await turns(4);
    held.pause();
  })();
  expect([...native.paused]).toEqual([1, 2]);
  await collectUntil(() => native.cancelled.length === 2);
  expect(native.cancelled.toSorted()).toEqual([1, 2]);
  await turns(4);
  expect(native.live).toEqual([]);
});

it('keeps a paused stream that somebody awaits: a signal or closing the model may still end it', async () => {
  const controller = new AbortController();
  const result = (() => {
    const stream = model.streamPrompt('Hi', { abortSignal: controller.signal });
    stream.pause();
    return stream.result();
  })();
  await collectUntil(() => native.cancelled.length > 0, 5);
  expect(native.cancelled).toEqual([]);
  controller.abort();
  expect(await result).toMatchObject({ finishReason: 'aborted' });
});

it('lets go of a model that was neither closed nor is used', async () => {
  let ref = new WeakRef((await openFakeModel()).model);
  await turns(4);
  await collectUntil(() => ref.deref() === undefined);
  expect(ref.deref()).toBeUndefined();
  // The same for one that has generated.
  ref = await (async () => {
    const opened = await openFakeModel();
    const result = opened.model.streamPrompt('Hi').result();
    opened.native.finish(1);
    await result;
    return new WeakRef(opened.model);
  })();
  await turns(4);
  await collectUntil(() => ref.deref() === undefined);
  expect(ref.deref()).toBeUndefined();
});
