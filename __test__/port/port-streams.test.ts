import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GenerationStream, StreamPart } from '../../src/index.ts';
import { fakeInfo, timings, usage } from '../support/fake-native-model.ts';
import { connectTo, connectToFake, until } from '../support/port-pair.ts';
import { errorOf, readAll, readUntilError } from '../support/read-stream.ts';
import { everyPart } from '../support/parts.ts';
import { collectUntil } from '../support/turns.ts';

type Connected = Awaited<ReturnType<typeof connectToFake>>;
let at: Connected;
beforeEach(async () => {
  at = await connectToFake();
});
afterEach(() => at.model.close());

/** Begins a stream, and waits until it has reached the model. */
async function begun<Read>(read: () => Read, count = 1): Promise<{ readonly reading: Read }> {
  const reading = read();
  await until(() => at.native.live.length === count);
  return { reading };
}

describe('a stream over a port', () => {
  it('has the parts, the result and the request of the model', async () => {
    const parts = everyPart.filter(({ type }) => type !== 'finish') as StreamPart[];
    const stream = at.model.streamChat([{ role: 'user', content: 'Hi' }], { temperature: 0.5, seed: 7, stopSequences: ['x'] });
    const { reading } = await begun(() => readAll(stream));
    at.native.writeParts(1, ...parts);
    at.native.finish(1);
    const read = await reading;
    expect(read.slice(0, -1)).toEqual(parts);
    expect(read.at(-1)).toMatchObject({ type: 'finish', finishReason: 'stop', usage, timings });
    expect(at.native.requests.get(1)).toMatchObject({
      prompt: { messages: [{ role: 'user', content: 'Hi' }] },
      temperature: 0.5,
      seed: 7,
      stopSequences: ['x'],
    });
    expect(await stream.result()).toMatchObject({ finishReason: 'stop', usage, timings });
  });

  it.each<[string, (stream: GenerationStream) => Promise<string>]>([
    ['textStream', async (stream) => (await readAll(stream.textStream)).join('')],
    ['toReadableStream', async (stream) => (await readAll(stream.toReadableStream() as AsyncIterable<StreamPart>)).flatMap((part) => ('delta' in part ? part.delta : [])).join('')],
    ['toTextReadableStream', async (stream) => (await readAll(stream.toTextReadableStream() as AsyncIterable<string>)).join('')],
    ['toNodeReadable', async (stream) => (await readAll(stream.toNodeReadable() as AsyncIterable<string>)).join('')],
    ['toResponse', (stream) => stream.toResponse().text()],
    ['toOpenAIChunks', async (stream) => (await readAll(stream.toOpenAIChunks())).map(({ choices }) => choices[0]?.delta.content ?? '').join('')],
    ['a branch of tee', async (stream) => (await Promise.all(stream.tee().map((branch) => branch.result()))).map(({ text }) => text)[1] ?? ''],
    ['result', async (stream) => (await stream.result()).text],
  ])('can be read as %s', async (_, read) => {
    const { reading } = await begun(() => read(at.model.streamPrompt('Hi')));
    at.native.write(1, 'Hello, ', '世界 ', '👋');
    at.native.finish(1);
    expect(await reading).toBe('Hello, 世界 👋');
  });

  it('begins with its first read', async () => {
    const stream = at.model.streamPrompt('Hi');
    stream.cancel();
    expect(await stream.result()).toMatchObject({ finishReason: 'aborted' });
    await until(() => at.model.metrics().liveSequences === 0);
    expect(at.native.requests.size).toBe(0);
  });

  it('throws the error of the model in its place, with code, field and what came before', async () => {
    const { reading } = await begun(() => readUntilError(at.model.streamPrompt('Hi')));
    at.native.write(1, 'Hel', 'lo');
    at.native.fail(1, { code: 'context-overflow', message: 'too long', field: 'messages', file: '/secret/path' });
    const { values, error } = await reading;
    expect(values).toHaveLength(2);
    expect(error).toMatchObject({ code: 'context-overflow', message: 'too long', field: 'messages', partial: { text: 'Hello', usage, timings } });
    expect(error).not.toHaveProperty('file');
  });

  it('refuses a wrong request on the reading side, and sends nothing', async () => {
    expect(await errorOf(at.model.streamPrompt('Hi', { temperature: -1 }).result())).toMatchObject({ code: 'invalid-argument', field: 'temperature' });
    expect(at.native.requests.size).toBe(0);
  });

  it('is one of several answers where several are asked for', async () => {
    const streams = at.model.streamChoices({ prompt: 'Hi', seed: 3 }, 2);
    const { reading } = await begun(() => Promise.all(streams.map((stream) => stream.result())), 2);
    expect([...at.native.requests.values()].map(({ seed }) => seed)).toEqual([3, 4]);
    for (const streamId of [2, 1]) {
      at.native.write(streamId, `answer ${streamId}`);
      at.native.finish(streamId);
    }
    expect((await reading).map(({ text }) => text)).toEqual(['answer 1', 'answer 2']);
  });

  it('says how many are before it, and that it was taken up', async () => {
    at.native.queuePositions.set(1, 3);
    const stream = at.model.streamPrompt('Hi');
    const { reading } = await begun(() => stream.result());
    await until(() => stream.queuePosition === 3);
    at.native.queuePositions.set(1, 1);
    await until(() => stream.queuePosition === 1);
    at.native.queuePositions.delete(1);
    await until(() => stream.queuePosition === null);
    at.native.finish(1);
    expect(await reading).toMatchObject({ finishReason: 'stop' });
  });

  it('keeps its own time: a timeout fails it with its text and cancels it there', async () => {
    const { reading } = await begun(() => errorOf(at.model.streamPrompt('Hi', { idleTimeoutMs: 30 }).result()));
    at.native.write(1, 'a');
    expect(await reading).toMatchObject({ code: 'idle-timeout', partial: { text: 'a' } });
    await until(() => at.native.cancelled.length > 0);
  });
});

describe('many streams over a port', () => {
  it('get their own parts, in order, and what is of one turn is one message', async () => {
    const messages: unknown[] = [];
    at.readerPort.on('message', (message: { readonly type: string }) => message.type === 'parts' && messages.push(message));
    const { reading: results } = await begun(() => Array.from({ length: 50 }, () => at.model.streamPrompt('Hi').result()), 50);
    for (let round = 0; round < 20; round += 1) for (const streamId of at.native.live) at.native.write(streamId, `${streamId}.${round} `);
    for (const streamId of at.native.live) at.native.finish(streamId);
    const texts = (await Promise.all(results)).map(({ text }) => text);
    expect(texts).toEqual(Array.from({ length: 50 }, (_, index) => Array.from({ length: 20 }, (__, round) => `${index + 1}.${round} `).join('')));
    expect(messages.length).toBeLessThan(20);
    expect(at.service.liveStreams).toBe(0);
  });

  it('are limited for each port, and another port of the same model is not concerned', async () => {
    const small = await connectTo(at.served, { maxStreams: 2 });
    const { reading: running } = await begun(() => [1, 2].map(() => small.model.streamPrompt('Hi').result()), 2);
    expect(await errorOf(small.model.streamPrompt('Hi').result())).toMatchObject({ code: 'queue-full', message: expect.stringContaining('maxStreams') as string });
    const { reading: other } = await begun(() => at.model.streamPrompt('Hi').result(), 3);
    for (const streamId of at.native.live) at.native.finish(streamId);
    await Promise.all([...running, other]);
    const { reading: again } = await begun(() => small.model.streamPrompt('Hi').result());
    at.native.finish(4);
    expect(await again).toMatchObject({ finishReason: 'stop' });
    await small.model.close();
  });
});

describe('leaving a stream over a port', () => {
  const ways: [string, (stream: GenerationStream, controller: AbortController) => Promise<unknown>][] = [
    ['cancel()', async (stream) => stream.cancel()],
    ['its abortSignal', async (_, controller) => controller.abort()],
    ['await using', (stream) => stream[Symbol.asyncDispose]()],
  ];

  it.each(ways)('cancels it at the model by %s, before its first part', async (_, leave) => {
    const controller = new AbortController();
    const stream = at.model.streamPrompt('Hi', { abortSignal: controller.signal });
    const { reading: result } = await begun(() => stream.result());
    await leave(stream, controller);
    expect(await result).toMatchObject({ finishReason: 'aborted', usage });
    expect(at.native.cancelled).toEqual([1]);
  });

  it.each(ways)('cancels it at the model by %s, between two parts', async (_, leave) => {
    const controller = new AbortController();
    const stream = at.model.streamPrompt('Hi', { abortSignal: controller.signal });
    const iterator = stream[Symbol.asyncIterator]();
    const { reading: first } = await begun(() => iterator.next());
    at.native.write(1, 'a');
    await first;
    await leave(stream, controller);
    expect(await stream.result()).toMatchObject({ text: 'a', finishReason: 'aborted', usage });
    expect(at.native.cancelled).toEqual([1]);
  });

  it.each(ways)('cancels it at the model by %s, while it is paused', async (_, leave) => {
    const controller = new AbortController();
    const stream = at.model.streamPrompt('Hi', { abortSignal: controller.signal });
    const { reading: result } = await begun(() => stream.result());
    stream.pause();
    await until(() => at.native.paused.size === 1);
    await leave(stream, controller);
    expect(await result).toMatchObject({ finishReason: 'aborted', usage });
  });

  it('cancels it by break', async () => {
    const stream = at.model.streamPrompt('Hi');
    const { reading } = await begun(async () => {
      for await (const _ of stream) break;
    });
    at.native.write(1, 'a', 'b');
    await reading;
    await until(() => at.native.cancelled.length > 0);
    expect(at.native.cancelled).toEqual([1]);
  });

  it('cancels it when it is collected', async () => {
    await (async () => {
      const iterator = at.model.streamPrompt('Hi')[Symbol.asyncIterator]();
      const { reading: first } = await begun(() => iterator.next());
      at.native.write(1, 'a', 'b');
      await first;
    })();
    await collectUntil(() => at.native.cancelled.length > 0);
    expect(at.native.cancelled).toEqual([1]);
  });

  it('leaves the others of the port alone', async () => {
    const [left, kept] = [at.model.streamPrompt('Hi'), at.model.streamPrompt('Ho')];
    const { reading: results } = await begun(() => Promise.all([left.result(), kept.result()]), 2);
    left.cancel();
    await until(() => at.native.live.length === 1);
    at.native.write(2, 'b');
    at.native.finish(2);
    expect((await results).map(({ finishReason }) => finishReason)).toEqual(['aborted', 'stop']);
  });

  it('that was aborted before its first read never begins', async () => {
    const reason = new Error('changed my mind');
    expect(await errorOf(at.model.streamPrompt('Hi', { abortSignal: AbortSignal.abort(reason) }).result())).toMatchObject({ code: 'aborted', cause: reason });
    expect(at.native.requests.size).toBe(0);
  });
});

describe('pausing a stream over a port', () => {
  it('pauses the model, and resuming loses nothing', async () => {
    const stream = at.model.streamPrompt('Hi');
    const { reading: result } = await begun(() => stream.result());
    at.native.write(1, 'a');
    stream.pause();
    await until(() => at.native.paused.has(1));
    expect(stream.paused).toBe(true);
    stream.resume();
    await until(() => !at.native.paused.has(1));
    at.native.write(1, 'b');
    at.native.finish(1);
    expect(await result).toMatchObject({ text: 'ab' });
  });

  it('before its first read has it begin paused', async () => {
    const stream = at.model.streamPrompt('Hi');
    stream.pause();
    const { reading: result } = await begun(() => stream.result());
    await until(() => at.native.paused.has(1));
    stream.resume();
    await until(() => !at.native.paused.has(1));
    at.native.finish(1);
    expect(await result).toMatchObject({ finishReason: 'stop' });
  });
});

describe('the model over a port', () => {
  it('has the info and the metrics of the other', async () => {
    expect(at.model.info).toEqual(fakeInfo);
    expect(at.model.metrics()).toMatchObject({ liveSequences: 0, finishedSequences: 0 });
    const { reading: result } = await begun(() => at.model.streamPrompt('Hi').result());
    await until(() => at.model.metrics().liveSequences === 1);
    at.native.finish(1);
    await result;
    await until(() => at.model.metrics().liveSequences === 0);
  });

  it('passes on that the model was closed there', async () => {
    const { reading: result } = await begun(() => at.model.streamPrompt('Hi').result());
    await at.served.close();
    expect(await result).toMatchObject({ finishReason: 'aborted', usage });
    expect(await errorOf(at.model.streamPrompt('Hi').result())).toMatchObject({ code: 'closed' });
  });

  it('closed here ends its streams here and there, and leaves the model', async () => {
    const { reading: result } = await begun(() => at.model.streamPrompt('Hi').result());
    await at.model.close();
    await at.model.close();
    expect(await result).toMatchObject({ finishReason: 'aborted' });
    await at.service.closed;
    expect(at.native.cancelled).toEqual([1]);
    expect(await errorOf(at.model.streamPrompt('Hi').result())).toMatchObject({ code: 'closed' });
    const direct = at.served.streamPrompt('Hi').result();
    at.native.finish(2);
    expect(await direct).toMatchObject({ finishReason: 'stop' });
  });
});
