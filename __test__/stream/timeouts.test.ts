import { beforeEach, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GenerateOptions, GenerationStream, Model } from '../../src/index.ts';
import type { FakeNativeModel } from '../support/fake-native-model.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { part } from '../support/parts.ts';
import { errorOf, readAll, readUntilError } from '../support/read-stream.ts';
import { collectUntil, turns } from '../support/turns.ts';

let model: Model;
let native: FakeNativeModel;
beforeEach(async () => {
  ({ model, native } = await openFakeModel());
});

const streamWith = (options: GenerateOptions): GenerationStream => model.streamPrompt('Hi', options);
const partialOf = (text: string) => ({ text, reasoning: '', toolCalls: [], usage: { totalTokens: 0 } });

/** Keeps the event loop busy. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('firstTokenTimeoutMs', () => {
  it('cancels and throws where nothing comes', async () => {
    const stream = streamWith({ firstTokenTimeoutMs: 20 });
    const { values, error } = await readUntilError(stream);
    expect(values).toEqual([]);
    expect(error).toMatchObject({ code: 'first-token-timeout', partial: partialOf('') });
    expect(error?.message).toContain('20 ms');
    expect(native.cancelled).toEqual([1]);
    expect(await errorOf(stream.result())).toBe(error);
  });

  it('does not wait for an engine that is stuck', async () => {
    native.finishesWhenCancelled = false;
    const { error } = await readUntilError(streamWith({ firstTokenTimeoutMs: 20 }));
    expect(error?.code).toBe('first-token-timeout');
  });

  it('holds for result() alone', async () => {
    expect(await errorOf(streamWith({ firstTokenTimeoutMs: 20 }).result())).toMatchObject({ code: 'first-token-timeout' });
  });

  it('counts from the first read, not from the call', async () => {
    const stream = streamWith({ firstTokenTimeoutMs: 50 });
    await sleep(80);
    const read = readAll(stream.textStream);
    native.write(1, 'a');
    native.finish(1);
    expect(await read).toEqual(['a']);
  });

  it.each([
    ['text', part.text('a')],
    ['reasoning', part.thought('a')],
    ['a tool call', part.toolStart(0, 'a', 'f')],
  ])('is over once %s has come, whoever reads it', async (_, first) => {
    const stream = streamWith({ firstTokenTimeoutMs: 30 });
    const read = readAll(stream.textStream);
    native.writeParts(1, first);
    await sleep(60);
    native.finish(1);
    await read;
    expect(native.cancelled).toEqual([]);
  });
});

describe('idleTimeoutMs', () => {
  it('cancels and throws where nothing follows, and keeps what came before', async () => {
    const stream = streamWith({ idleTimeoutMs: 20 });
    const read = readUntilError(stream);
    native.write(1, 'a', 'b');
    const { values, error } = await read;
    expect(values).toEqual([part.text('a'), part.text('b')]);
    expect(error).toMatchObject({ code: 'idle-timeout', partial: partialOf('ab') });
    expect(native.cancelled).toEqual([1]);
  });

  it('delivers what is unread before the error', async () => {
    const stream = streamWith({ idleTimeoutMs: 20 });
    const result = errorOf(stream.result());
    native.write(1, 'a', 'b');
    const error = await result;
    expect(await readUntilError(stream)).toEqual({ values: [part.text('a'), part.text('b')], error });
  });

  it('does not watch the time to the first part', async () => {
    const read = readAll(streamWith({ idleTimeoutMs: 20 }).textStream);
    await sleep(60);
    native.write(1, 'a');
    native.finish(1);
    expect(await read).toEqual(['a']);
  });

  it('begins anew with each part, also one that the reader does not want', async () => {
    const read = readAll(streamWith({ idleTimeoutMs: 300 }).textStream);
    for (let count = 0; count < 5; count += 1) {
      native.writeParts(1, part.thought('.'));
      await sleep(80);
    }
    native.finish(1);
    expect(await read).toEqual([]);
  });

  it('does not count the time that the reader takes', async () => {
    const iterator = streamWith({ idleTimeoutMs: 100 })[Symbol.asyncIterator]();
    const first = iterator.next();
    native.write(1, 'a');
    await first;
    await sleep(200);
    const second = iterator.next();
    await sleep(10);
    native.write(1, 'b');
    expect(await second).toMatchObject({ value: { delta: 'b' } });
  });

  it('does not take a busy event loop for an idle engine', async () => {
    const iterator = streamWith({ idleTimeoutMs: 30 })[Symbol.asyncIterator]();
    const first = iterator.next();
    native.write(1, 'a');
    await first;
    const second = iterator.next();
    await turns();
    block(60);
    native.write(1, 'b');
    expect(await second).toMatchObject({ value: { delta: 'b' } });
  });

  it('takes everything that has come before it runs out, however much', async () => {
    native.drainLimit = 1;
    const iterator = streamWith({ idleTimeoutMs: 30 })[Symbol.asyncIterator]();
    const first = iterator.next();
    const other = model.streamPrompt('Ho').result();
    native.write(1, 'a');
    await first;
    const second = iterator.next();
    await turns();
    native.write(2, ...Array.from({ length: 20 }, () => 'x'));
    native.write(1, 'b');
    block(60);
    expect(await second).toMatchObject({ value: { delta: 'b' } });
    native.finish(2);
    await other;
  });
});

describe('timeouts', () => {
  it('of 0 are none', async () => {
    const read = readAll(streamWith({ firstTokenTimeoutMs: 0, idleTimeoutMs: 0 }).textStream);
    await sleep(20);
    native.write(1, 'a');
    await sleep(20);
    native.finish(1);
    expect(await read).toEqual(['a']);
  });

  it.each(['cancel()', 'the abortSignal'])('do not turn %s into an error where the engine is slow to end', async (way) => {
    native.finishesWhenCancelled = false;
    const controller = new AbortController();
    const stream = streamWith({ firstTokenTimeoutMs: 20, abortSignal: controller.signal });
    const read = readAll(stream);
    if (way === 'cancel()') stream.cancel();
    else controller.abort();
    await sleep(50);
    native.finish(1, 'aborted');
    expect(await read).toMatchObject([{ finishReason: 'aborted' }]);
  });

  it('do not fail a stream that was left', async () => {
    native.finishesWhenCancelled = false;
    const stream = streamWith({ firstTokenTimeoutMs: 20, idleTimeoutMs: 20 });
    const iterator = stream[Symbol.asyncIterator]();
    void iterator.next();
    await iterator.return?.();
    const result = stream.result();
    await sleep(50);
    native.finish(1, 'aborted');
    expect(await result).toMatchObject({ finishReason: 'aborted' });
  });

  it('keep no stream from being collected', async () => {
    await (async () => {
      const iterator = streamWith({ firstTokenTimeoutMs: 60_000, idleTimeoutMs: 60_000 })[Symbol.asyncIterator]();
      const first = iterator.next();
      native.write(1, 'a');
      await first;
    })();
    await collectUntil(() => native.cancelled.length > 0);
    expect(native.cancelled).toEqual([1]);
  });

  it.each([
    ['firstTokenTimeoutMs', -1],
    ['firstTokenTimeoutMs', Number.NaN],
    ['idleTimeoutMs', 2 ** 31],
    ['idleTimeoutMs', '5'],
  ])('%s: %s is refused', async (field, value) => {
    const error = await errorOf(streamWith({ [field]: value } as GenerateOptions).result());
    expect(error).toMatchObject({ code: 'invalid-argument', field });
  });

  it('are not sent to the engine', async () => {
    void streamWith({ firstTokenTimeoutMs: 100, idleTimeoutMs: 100 }).result().catch(() => {});
    expect(Object.keys(native.requests.get(1) ?? {})).not.toEqual(expect.arrayContaining([expect.stringContaining('Timeout')]));
  });
});
