import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { recordStream } from '../../src/index.ts';
import type { GenerationStream, Model, StreamPart } from '../../src/index.ts';
import { scriptedStream } from '../../src/testing/index.ts';
import type { FakeNativeModel } from '../support/fake-native-model.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { part } from '../support/parts.ts';
import { errorOf, readAll, readUntilError } from '../support/read-stream.ts';
import { turns } from '../support/turns.ts';

let model: Model;
let native: FakeNativeModel;
let stream: GenerationStream;
beforeEach(async () => {
  ({ model, native } = await openFakeModel());
  stream = model.streamPrompt('Hi');
});

/** Whether a promise settles within a few turns of the event loop. */
async function settles(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  await turns(5);
  return settled;
}

describe('pause()', () => {
  it('lays the generation aside until resume(), each once, however often they are called', async () => {
    void stream.result();
    for (const call of ['pause', 'pause', 'resume', 'resume', 'pause'] as const) stream[call]();
    expect(native.calls).toEqual(['pause 1', 'resume 1', 'pause 1']);
    expect(stream.paused).toBe(true);
  });

  it('lets what was made before be read, and a read that waits go on waiting', async () => {
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    native.write(1, 'a', 'b');
    await first;
    stream.pause();
    expect(await iterator.next()).toMatchObject({ value: part.text('b') });
    const third = iterator.next();
    expect(await settles(third)).toBe(false);
    stream.resume();
    native.write(1, 'c');
    expect(await third).toMatchObject({ value: part.text('c') });
  });

  it('before the first read queues the stream with it, and holds it there', async () => {
    stream.pause();
    expect(stream.paused).toBe(true);
    await turns();
    expect(native.requests.size).toBe(0);
    const read = readAll(stream);
    expect(native.live).toEqual([1]);
    expect(native.calls).toEqual(['pause 1']);
    stream.resume();
    native.finish(1);
    expect(await read).toEqual([part.finish()]);
  });

  it('taken back before the first read is as if it never was', async () => {
    stream.pause();
    stream.resume();
    void stream.result();
    expect(native.calls).toEqual([]);
  });

  it('takes nothing from the last part, where that was on its way', async () => {
    const result = stream.result();
    stream.pause();
    native.write(1, 'a');
    native.finish(1);
    expect(await result).toMatchObject({ text: 'a', finishReason: 'stop' });
    expect(stream.paused).toBe(false);
    expect(stream.queuePosition).toBeNull();
  });

  it('has no effect once the stream has ended, was cancelled or could not be made', async () => {
    const result = stream.result();
    native.finish(1);
    await result;
    const left = model.streamPrompt('Ho');
    void left.result();
    left.cancel();
    const failed = model.streamPrompt('');
    void errorOf(failed.result());
    for (const each of [stream, left, failed]) {
      each.pause();
      expect(each.paused).toBe(false);
      each.resume();
    }
    expect(native.calls).toEqual(['cancel 2']);
  });

  it('holds together with a full buffer: it runs only when neither does', async () => {
    stream = model.streamPrompt('Hi', { maxBufferedParts: 2 });
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    native.write(1, 'a', 'b', 'c');
    await first;
    await turns(4);
    stream.pause();
    await iterator.next();
    await iterator.next();
    expect(native.calls).toEqual(['pause 1']);
    native.write(1, 'd', 'e');
    await turns(4);
    stream.resume();
    expect(native.calls).toEqual(['pause 1']);
    await iterator.next();
    expect(native.calls).toEqual(['pause 1', 'resume 1']);
  });

  it('where the engine does not let the stream go on fails it with its text', async () => {
    const read = readUntilError(stream);
    native.write(1, 'a');
    await turns();
    stream.pause();
    native.resume = () => {
      throw new Error('broken');
    };
    stream.resume();
    expect((await read).error).toMatchObject({ code: 'engine-failed', partial: { text: 'a' }, cause: { message: 'broken' } });
  });
});

describe('a paused stream', () => {
  it.each<[string, (stream: GenerationStream, controller: AbortController) => unknown]>([
    ['cancel()', (paused) => paused.cancel()],
    ['its abortSignal', (_, controller) => controller.abort()],
    ['the end of an await using scope', (paused) => paused[Symbol.asyncDispose]()],
  ])('is ended by %s, and its last part awaited', async (_, end) => {
    const controller = new AbortController();
    stream = model.streamPrompt('Hi', { abortSignal: controller.signal });
    const result = stream.result();
    native.write(1, 'a');
    await turns();
    stream.pause();
    await end(stream, controller);
    expect(native.calls).toEqual(['pause 1', 'cancel 1', 'resume 1']);
    expect(stream.paused).toBe(false);
    expect(await result).toMatchObject({ text: 'a', finishReason: 'aborted' });
    stream.resume();
    expect(native.calls).toHaveLength(3);
  });

  it('gets its finish part when the model is closed', async () => {
    const read = readAll(stream);
    stream.pause();
    await model.close();
    expect(await read).toEqual([part.finish('aborted')]);
  });

  it('is no stream that the engine ended without a last part', async () => {
    const read = readUntilError(stream);
    stream.pause();
    await turns(5);
    stream.resume();
    native.settleWithoutLastPart(1);
    expect((await read).error).toMatchObject({ code: 'engine-failed' });
  });

  it('has no timeout running', async () => {
    stream = model.streamPrompt('Hi', { firstTokenTimeoutMs: 40, idleTimeoutMs: 40 });
    const read = readUntilError(stream);
    stream.pause();
    await sleep(80);
    stream.resume();
    native.write(1, 'a');
    await turns();
    stream.pause();
    await sleep(80);
    expect(native.cancelled).toEqual([]);
    stream.resume();
    expect(await read).toMatchObject({ values: [part.text('a')], error: { code: 'idle-timeout' } });
  });

  it('has the rest of its time left when it goes on, also where it was paused from the start', async () => {
    stream = model.streamPrompt('Hi', { firstTokenTimeoutMs: 60 });
    stream.pause();
    const read = readUntilError(stream);
    await sleep(100);
    for (let count = 0; count < 6; count += 1) {
      stream.resume();
      await sleep(20);
      stream.pause();
    }
    expect((await read).error).toMatchObject({ code: 'first-token-timeout' });
  });
});

describe('queuePosition', () => {
  it('is what the engine says, from the first read to the last part', async () => {
    native.queuePositions.set(1, 3);
    expect(stream.queuePosition).toBeNull();
    const read = readAll(stream);
    expect(stream.queuePosition).toBe(3);
    native.queuePositions.set(1, 0);
    expect(stream.queuePosition).toBe(0);
    native.queuePositions.delete(1);
    expect(stream.queuePosition).toBeNull();
    native.queuePositions.set(1, 1);
    native.finish(1);
    await read;
    expect(stream.queuePosition).toBeNull();
  });

  it('of a branch is that of its stream', async () => {
    const [one] = stream.tee();
    void one.result();
    await turns();
    native.queuePositions.set(1, 2);
    expect(one.queuePosition).toBe(2);
  });
});

describe('pausing a branch', () => {
  let one: GenerationStream;
  let two: GenerationStream;
  beforeEach(() => {
    [one, two] = stream.tee();
  });

  it('holds back what it is given, while the others go on', async () => {
    const held: StreamPart[] = [];
    const reading = (async () => {
      for await (const each of one) held.push(each);
    })();
    const other = readAll(two.textStream);
    await turns();
    native.write(1, 'a');
    await turns();
    one.pause();
    native.write(1, 'b');
    native.finish(1);
    expect(await other).toEqual(['a', 'b']);
    expect(held).toEqual([part.text('a')]);
    expect(native.calls).toEqual([]);
    one.resume();
    await reading;
    expect(held).toEqual([part.text('a'), part.text('b'), part.finish()]);
  });

  it('pauses the generation once all are paused, those that have left aside', async () => {
    const [three, four, five] = model.streamPrompt('Ho').tee(3) as [GenerationStream, GenerationStream, GenerationStream];
    const results = [three.result(), four.result(), five.result()];
    await turns();
    three.pause();
    four.pause();
    expect(native.calls).toEqual([]);
    five.cancel();
    expect(native.calls).toEqual(['pause 1']);
    four.resume();
    expect(native.calls).toEqual(['pause 1', 'resume 1']);
    native.finish(1);
    expect(await results[1]).toMatchObject({ finishReason: 'stop' });
    three.resume();
    expect(await results[0]).toMatchObject({ finishReason: 'stop' });
  });

  it('does not take back what pausing the stream itself has done', async () => {
    void one.result();
    await turns();
    stream.pause();
    one.pause();
    two.cancel();
    one.resume();
    expect(native.calls).toEqual(['pause 1']);
    stream.resume();
    expect(native.calls).toEqual(['pause 1', 'resume 1']);
  });

  it('keeps it from asking for more', async () => {
    const [three] = model.streamPrompt('Ho', { maxBufferedParts: 2 }).tee();
    const iterator = three[Symbol.asyncIterator]();
    void iterator.next();
    await turns();
    three.pause();
    void iterator.next();
    native.write(1, 'a', 'b', 'c');
    await turns(8);
    expect(native.calls).toEqual(['pause 1']);
  });

  it('before it is cancelled loses nothing of what was held back', async () => {
    const result = one.result();
    void two.result();
    await turns();
    one.pause();
    native.write(1, 'a', 'b');
    await turns(4);
    one.cancel();
    expect(await result).toMatchObject({ text: 'ab', finishReason: 'aborted' });
  });

  it('holds back an error too', async () => {
    const read = readUntilError(one);
    await turns();
    one.pause();
    native.write(1, 'a');
    native.fail(1, { code: 'engine-failed', message: 'no' });
    expect(await settles(read)).toBe(false);
    one.resume();
    expect(await read).toMatchObject({ values: [part.text('a')], error: { code: 'engine-failed' } });
  });
});

describe('pausing a stream that is recorded', () => {
  it('pauses the generation', async () => {
    const recorded = recordStream(stream, () => {});
    void recorded.result();
    await turns();
    recorded.pause();
    expect(native.calls).toEqual(['pause 1']);
    recorded.resume();
    expect(native.calls).toEqual(['pause 1', 'resume 1']);
  });

  it('and cancelling it before it is read starts nothing', async () => {
    const lines: string[] = [];
    const recorded = recordStream(stream, (line) => lines.push(line));
    recorded.pause();
    recorded.cancel();
    expect(await recorded.result()).toMatchObject({ finishReason: 'aborted' });
    expect(native.requests.size).toBe(0);
    expect(lines).toEqual([]);
  });
});

describe('a replay that is paused', () => {
  it('stands still, and its clock with it', async () => {
    const replay = scriptedStream(['a', 'b', 'c'], { stepMs: 30 });
    const times: number[] = [];
    const reading = (async () => {
      for await (const each of replay.textStream) times.push(each === 'a' ? 0 : performance.now());
    })();
    while (times.length === 0) await turns(1);
    replay.pause();
    await sleep(120);
    expect(times).toHaveLength(1);
    const resumedAt = performance.now();
    replay.resume();
    await reading;
    expect(times).toHaveLength(3);
    expect((times[2] ?? 0) - resumedAt).toBeGreaterThan(25);
  });

  it('from the start plays nothing until it goes on', async () => {
    const replay = scriptedStream(['a', 'b']);
    replay.pause();
    const read = readAll(replay.textStream);
    expect(await settles(read)).toBe(false);
    replay.resume();
    expect(await read).toEqual(['a', 'b']);
  });

  it('because its reader is slow takes no part ahead', async () => {
    const replay = scriptedStream(Array.from({ length: 5000 }, () => 'x'), { maxBufferedParts: 10 });
    const iterator = replay[Symbol.asyncIterator]();
    await iterator.next();
    await turns(20);
    const all = await readAll({ [Symbol.asyncIterator]: () => iterator });
    expect(all).toHaveLength(5000);
    const { bufferHighWater } = await replay.result();
    expect(bufferHighWater.pauses).toBeGreaterThan(0);
    // What came before the reader was found to be slow, and nothing near the whole.
    expect(bufferHighWater.parts).toBeLessThan(1100);
  });

  it('can be cancelled', async () => {
    const replay = scriptedStream(['a', 'b'], { stepMs: 60_000 });
    const result = replay.result();
    await turns();
    replay.pause();
    replay.cancel();
    expect(await result).toMatchObject({ text: 'a', finishReason: 'aborted' });
  });
});
