import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import type { GenerationStream, Model, StreamPart } from '../../src/index.ts';
import { timings, usage } from '../support/fake-native-model.ts';
import type { FakeNativeModel } from '../support/fake-native-model.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { errorOf, readAll, readUntilError } from '../support/read-stream.ts';
import { turns } from '../support/turns.ts';

let model: Model;
let native: FakeNativeModel;
let stream: GenerationStream;

beforeEach(async () => {
  ({ model, native } = await openFakeModel());
  stream = model.streamPrompt('Hi');
});

const delta = (text: string): StreamPart => ({ type: 'text-delta', delta: text });
const finish = (finishReason: 'stop' | 'aborted'): StreamPart => ({ type: 'finish', finishReason, usage, timings });
const done = { done: true, value: undefined };

describe('starting', () => {
  it('does nothing until the first read', async () => {
    void stream.textStream;
    stream[Symbol.asyncIterator]();
    await turns();
    expect(native.requests.size).toBe(0);
  });

  it('starts with the first next()', () => {
    void stream[Symbol.asyncIterator]().next();
    expect(native.live).toEqual([1]);
  });

  it('starts with the first next() of textStream', () => {
    void stream.textStream[Symbol.asyncIterator]().next();
    expect(native.live).toEqual([1]);
  });

  it('starts with result(), once', () => {
    void stream.result();
    void stream.result();
    void stream[Symbol.asyncIterator]().next();
    expect(native.live).toEqual([1]);
  });

  it('sends the request as it was when the stream was made', () => {
    const messages = [{ role: 'user' as const, content: 'before' }];
    const late = model.streamChat(messages);
    messages[0] = { role: 'user', content: 'after' };
    void late.result();
    expect(native.requests.get(1)).toMatchObject({ prompt: { messages: [{ role: 'user', content: 'before' }] } });
  });

  it('gives every stream an id of its own', () => {
    void stream.result();
    void model.streamPrompt('Ho').result();
    expect(native.live).toEqual([1, 2]);
  });
});

describe('reading', () => {
  it('yields the parts in order and ends after finish', async () => {
    const read = readAll(stream);
    native.write(1, 'Hel', 'lo');
    native.finish(1);
    expect(await read).toEqual([delta('Hel'), delta('lo'), finish('stop')]);
  });

  it('yields parts as they come, not at the end', async () => {
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    native.write(1, 'a');
    expect(await first).toEqual({ done: false, value: delta('a') });
    expect(native.live).toEqual([1]);
  });

  it('yields only deltas from textStream, and ends at finish', async () => {
    const read = readAll(stream.textStream);
    native.write(1, 'Hel', 'lo');
    native.finish(1);
    expect(await read).toEqual(['Hel', 'lo']);
  });

  it('answers overlapping next() calls in order', async () => {
    const iterator = stream[Symbol.asyncIterator]();
    const order: number[] = [];
    const reads = [0, 1, 2, 3, 4].map(async (index) => {
      const read = await iterator.next();
      order.push(index);
      return read;
    });
    native.write(1, 'a', 'b');
    native.finish(1);
    expect(await Promise.all(reads)).toEqual([
      { done: false, value: delta('a') },
      { done: false, value: delta('b') },
      { done: false, value: finish('stop') },
      done,
      done,
    ]);
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  it('answers overlapping next() calls of textStream in order', async () => {
    const iterator = stream.textStream[Symbol.asyncIterator]();
    const reads = [iterator.next(), iterator.next(), iterator.next()];
    native.write(1, 'a', 'b');
    native.finish(1);
    expect(await Promise.all(reads)).toEqual([{ done: false, value: 'a' }, { done: false, value: 'b' }, done]);
  });

  it('keeps parts for a slow reader', async () => {
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    native.write(1, 'a', 'b', 'c');
    native.finish(1);
    await first;
    await turns(10);
    const rest = [await iterator.next(), await iterator.next(), await iterator.next(), await iterator.next()];
    expect(rest.map(({ value }) => value)).toEqual([delta('b'), delta('c'), finish('stop'), undefined]);
  });

  it('stays done after the end', async () => {
    const iterator = stream[Symbol.asyncIterator]();
    void stream.result();
    native.finish(1);
    await stream.result();
    expect(await iterator.next()).toEqual({ done: false, value: finish('stop') });
    expect(await iterator.next()).toEqual(done);
    expect(await iterator.next()).toEqual(done);
  });

  it('works with ReadableStream.from', async () => {
    const readable = ReadableStream.from(stream.textStream);
    const read = readAll(readable as AsyncIterable<string>);
    await turns();
    native.write(1, 'a', 'b');
    native.finish(1);
    expect((await read).join('')).toBe('ab');
  });

  it.each([
    ['the stream twice', (read: GenerationStream) => [read, read]],
    ['textStream twice', (read: GenerationStream) => [read.textStream, read.textStream]],
    ['the stream and then textStream', (read: GenerationStream) => [read, read.textStream]],
    ['textStream and then the stream', (read: GenerationStream) => [read.textStream, read]],
  ])('refuses to read %s', (_, viewsOf) => {
    const [first, second] = viewsOf(stream);
    first?.[Symbol.asyncIterator]();
    expect(() => second?.[Symbol.asyncIterator]()).toThrow(
      expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining('only once') }),
    );
  });

  it('gives an iterator that is iterable itself', async () => {
    const iterator = stream[Symbol.asyncIterator]();
    expect(iterator[Symbol.asyncIterator]()).toBe(iterator);
  });
});

describe('result()', () => {
  it('gives the whole without anybody iterating', async () => {
    const result = stream.result();
    native.write(1, 'Hel', 'lo');
    native.finish(1);
    expect(await result).toEqual({
      text: 'Hello',
      reasoning: '',
      toolCalls: [],
      message: { role: 'assistant', content: 'Hello' },
      finishReason: 'stop',
      usage,
      timings,
      bufferHighWater: { parts: 2, bytes: 5, pauses: 0 },
    });
  });

  it('takes no part away from a reader who comes later', async () => {
    const result = stream.result();
    native.write(1, 'a');
    native.finish(1);
    await result;
    expect(await readAll(stream)).toEqual([delta('a'), finish('stop')]);
  });

  it('takes no delta away from a reader of textStream who comes later', async () => {
    const result = stream.result();
    native.write(1, 'a');
    native.finish(1);
    await result;
    expect(await readAll(stream.textStream)).toEqual(['a']);
  });

  it('is there after the loop', async () => {
    const read = readAll(stream);
    native.write(1, 'a');
    native.finish(1);
    await read;
    expect((await stream.result()).text).toBe('a');
  });

  it('is the same promise each time', () => {
    expect(stream.result()).toBe(stream.result());
  });
});

describe('leaving', () => {
  it.each([0, 1, 2])('cancels on break after part %i', async (last) => {
    let seen = 0;
    native.write(1, 'a', 'b');
    for await (const part of stream) {
      expect(part).toEqual(delta(['a', 'b'][seen] ?? 'c'));
      if (seen === last) break;
      seen += 1;
      if (seen === 2) native.write(1, 'c');
    }
    expect(native.cancelled).toEqual([1]);
  });

  it('has nothing to cancel on break at the finish part', async () => {
    const leave = async () => {
      for await (const part of stream) if (part.type === 'finish') return;
    };
    const left = leave();
    native.finish(1);
    await left;
    expect(native.cancelled).toEqual([]);
  });

  it('cancels when the body of the loop throws', async () => {
    native.write(1, 'a');
    const { error } = await readUntilError(
      (async function* boom() {
        for await (const part of stream) throw new Error(part.type);
        yield undefined;
      })(),
    );
    expect(error?.message).toBe('text-delta');
    expect(native.cancelled).toEqual([1]);
  });

  it('return() does not wait behind a pending next(), and ends it', async () => {
    native.finishesWhenCancelled = false;
    const iterator = stream[Symbol.asyncIterator]();
    const pending = [iterator.next(), iterator.next()];
    expect(await iterator.return?.()).toEqual(done);
    expect(await Promise.all(pending)).toEqual([done, done]);
    expect(native.cancelled).toEqual([1]);
  });

  it('return() drops what is unread, and later reads are done', async () => {
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    native.write(1, 'a', 'b');
    await first;
    await iterator.return?.();
    expect(await iterator.next()).toEqual(done);
    await turns();
    expect(await iterator.next()).toEqual(done);
  });

  it('throw() cancels, ends a pending next() and rejects with what it was given', async () => {
    native.finishesWhenCancelled = false;
    const iterator = stream[Symbol.asyncIterator]();
    const pending = iterator.next();
    const reason = new Error('enough');
    await expect(iterator.throw?.(reason)).rejects.toBe(reason);
    expect(await pending).toEqual(done);
    expect(native.cancelled).toEqual([1]);
    expect(await iterator.next()).toEqual(done);
  });

  it('result() still gives what there was after a break, unread text included', async () => {
    native.write(1, 'a', 'b');
    for await (const part of stream) {
      expect(part).toEqual(delta('a'));
      break;
    }
    expect(await stream.result()).toMatchObject({ text: 'ab', finishReason: 'aborted', usage, timings });
  });

  it('result() says how it ended where it had ended before it was left', async () => {
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    native.write(1, 'a');
    native.finish(1);
    await first;
    await turns();
    await iterator.return?.();
    expect(await stream.result()).toMatchObject({ text: 'a', finishReason: 'stop' });
    expect(native.cancelled).toEqual([]);
  });

  it('never starts after return() before the first read, and its result is empty', async () => {
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.return?.();
    expect(await iterator.next()).toEqual(done);
    expect(await stream.result()).toMatchObject({ text: '', finishReason: 'aborted', usage: { totalTokens: 0 } });
    expect(native.requests.size).toBe(0);
  });

  it('cancels at the end of an await using scope', async () => {
    {
      await using scoped = stream;
      void scoped[Symbol.asyncIterator]().next();
    }
    expect(native.cancelled).toEqual([1]);
  });

  it('cancels at the end of an await using scope of its iterator', async () => {
    {
      await using iterator = stream[Symbol.asyncIterator]() as AsyncIterableIterator<StreamPart> & AsyncDisposable;
      void iterator.next();
    }
    expect(native.cancelled).toEqual([1]);
  });

  it('never starts in an await using scope that does not read', async () => {
    {
      await using scoped = stream;
      void scoped.textStream;
    }
    expect(native.requests.size).toBe(0);
    expect(native.cancelled).toEqual([]);
  });
});

describe('cancel()', () => {
  it('is no error: the parts made so far are read, then finish with reason aborted', async () => {
    const read = readAll(stream);
    native.write(1, 'a');
    await turns();
    stream.cancel();
    expect(await read).toEqual([delta('a'), finish('aborted')]);
    expect(await stream.result()).toMatchObject({ text: 'a', finishReason: 'aborted' });
  });

  it('keeps the stream from starting at all', async () => {
    stream.cancel();
    const parts = await readAll(stream);
    expect(parts).toMatchObject([{ type: 'finish', finishReason: 'aborted', usage: { totalTokens: 0 } }]);
    expect(native.requests.size).toBe(0);
  });

  it('has no effect after the end', async () => {
    const read = readAll(stream);
    native.finish(1);
    await read;
    stream.cancel();
    stream.cancel();
    expect(native.cancelled).toEqual([]);
    expect(await stream.result()).toMatchObject({ finishReason: 'stop' });
  });
});

describe('abortSignal', () => {
  let controller: AbortController;
  beforeEach(() => {
    controller = new AbortController();
    stream = model.streamPrompt('Hi', { abortSignal: controller.signal });
  });

  it('raised before the start: reading and result() throw aborted with the reason, and nothing is submitted', async () => {
    const reason = new Error('gone');
    controller.abort(reason);
    const { values, error } = await readUntilError(stream);
    expect(values).toEqual([]);
    expect(error).toMatchObject({ code: 'aborted', cause: reason });
    expect(await errorOf(stream.result())).toBe(error);
    expect(native.requests.size).toBe(0);
  });

  it('raised while running: no error, finish with reason aborted', async () => {
    const read = readAll(stream);
    native.write(1, 'a');
    await turns();
    controller.abort();
    expect(await read).toEqual([delta('a'), finish('aborted')]);
    expect(native.cancelled).toEqual([1]);
  });

  it('raised after the end: no effect', async () => {
    const read = readAll(stream);
    native.finish(1);
    await read;
    controller.abort();
    expect(native.cancelled).toEqual([]);
  });

  it.each([
    ['the finish part', () => native.finish(1)],
    ['an error', () => native.fail(1, { code: 'engine-failed', message: 'no' })],
    ['being left', () => stream.cancel()],
  ])('is no longer listened to after %s', async (_, endStream) => {
    const { signal } = controller;
    const ended = readUntilError(stream);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    endStream();
    await ended;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('failing', () => {
  const failure = { code: 'engine-failed', message: 'out of memory', field: 'x', file: 'y' };

  it('delivers the parts before the error, throws once, and is done then', async () => {
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    native.write(1, 'a', 'b');
    native.fail(1, failure);
    await first;
    await turns();
    expect(await iterator.next()).toEqual({ done: false, value: delta('b') });
    const error = await errorOf(iterator.next());
    expect(error).toMatchObject({ ...failure, name: 'TramontaneError', partial: { text: 'ab', usage, timings } });
    expect(await iterator.next()).toEqual(done);
  });

  it('throws from the first of several pending reads; the others are done', async () => {
    const iterator = stream[Symbol.asyncIterator]();
    const reads = [iterator.next(), iterator.next(), iterator.next()];
    native.fail(1, failure);
    const settled = await Promise.allSettled(reads);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  });

  it('throws from textStream too', async () => {
    const read = readUntilError(stream.textStream);
    native.write(1, 'a');
    native.fail(1, failure);
    const { values, error } = await read;
    expect(values).toEqual(['a']);
    expect(error).toMatchObject({ code: 'engine-failed', partial: { text: 'a' } });
  });

  it('rejects result() with the very error that reading throws', async () => {
    const read = readUntilError(stream);
    const result = errorOf(stream.result());
    native.fail(1, failure);
    expect(await result).toBe((await read).error);
  });

  it('gives a code it does not know as engine-failed', async () => {
    const result = errorOf(stream.result());
    native.fail(1, { code: 'flux-capacitor', message: 'no' });
    expect(await result).toMatchObject({ code: 'engine-failed', message: 'no' });
  });

  it('throws a bad request from reading and from result(), never from the call', async () => {
    const bad = model.streamPrompt('Hi', { temperature: Number.NaN });
    const { error } = await readUntilError(bad);
    expect(error).toMatchObject({ code: 'invalid-argument', field: 'temperature' });
    expect(error?.partial).toBeUndefined();
    expect(await errorOf(bad.result())).toBe(error);
    expect(native.requests.size).toBe(0);
  });

  it('throws engine-failed where the engine refuses the request outright', async () => {
    native.submitInstead = () => {
      throw new Error('no');
    };
    expect(await errorOf(stream.result())).toMatchObject({ code: 'engine-failed', cause: { message: 'no' } });
  });
});

describe('unhandled rejections', () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  beforeEach(() => {
    unhandled.length = 0;
    process.on('unhandledRejection', note);
    return () => void process.off('unhandledRejection', note);
  });

  it('come not from a result() nobody asked for', async () => {
    const read = readUntilError(stream);
    native.fail(1, { code: 'engine-failed', message: 'no' });
    await read;
    await turns();
    expect(unhandled).toEqual([]);
  });

  it('come not from a result() that was asked for, not awaited, and reported by the loop', async () => {
    void stream.result();
    const read = readUntilError(stream);
    native.fail(1, { code: 'engine-failed', message: 'no' });
    expect((await read).error).toBeDefined();
    await turns();
    expect(unhandled).toEqual([]);
  });

  it('come not from leaving, cancelling or aborting', async () => {
    const controller = new AbortController();
    const aborted = model.streamPrompt('Hi', { abortSignal: controller.signal });
    void aborted.result();
    controller.abort(new Error('gone'));
    void stream[Symbol.asyncIterator]().next();
    await stream[Symbol.asyncDispose]();
    await turns();
    expect(unhandled).toEqual([]);
  });
});

describe('a closed model', () => {
  it('refuses new streams with code closed, from reading', async () => {
    await model.close();
    expect((await readUntilError(stream)).error).toMatchObject({ code: 'closed' });
    expect(await errorOf(model.streamPrompt('Hi').result())).toMatchObject({ code: 'closed' });
  });

  it('has given running streams their finish part before close() resolves', async () => {
    const events: string[] = [];
    const read = readAll(stream).then((parts) => events.push(JSON.stringify(parts)));
    native.write(1, 'a');
    await model.close().then(() => events.push('closed'));
    await read;
    expect(events).toEqual([JSON.stringify([delta('a'), finish('aborted')]), 'closed']);
  });
});
