import { beforeEach, describe, expect, it } from 'vitest';
import type { Model } from '../../src/index.ts';
import type { FakeNativeModel } from '../support/fake-native-model.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { errorOf, readAll, readUntilError } from '../support/read-stream.ts';
import { turns } from '../support/turns.ts';

let model: Model;
let native: FakeNativeModel;
beforeEach(async () => {
  ({ model, native } = await openFakeModel());
});

/** Notes the deltas of `count` streams in the order in which their readers get them. */
function recordStreams(count: number): { order: string[]; ended: Promise<unknown> } {
  const order: string[] = [];
  const readers = Array.from({ length: count }, async (_, index) => {
    for await (const delta of model.streamPrompt('Hi').textStream) order.push(`${index + 1}${delta}`);
    order.push(`${index + 1}.`);
  });
  return { order, ended: Promise.all(readers) };
}

describe('many streams', () => {
  it('get their own parts, in the order in which they were made', async () => {
    const { order, ended } = recordStreams(3);
    for (const letter of ['a', 'b', 'c']) {
      for (const streamId of [2, 3, 1]) {
        native.write(streamId, letter);
        await turns();
      }
    }
    for (const streamId of [3, 1, 2]) {
      native.finish(streamId);
      await turns();
    }
    await ended;
    expect(order).toEqual(['2a', '3a', '1a', '2b', '3b', '1b', '2c', '3c', '1c', '3.', '1.', '2.']);
  });

  it('read by waiting readers keep their order within one drain', async () => {
    const { order, ended } = recordStreams(3);
    native.write(3, 'a');
    native.write(1, 'a');
    native.write(2, 'a');
    await turns();
    expect(native.drains).toBe(1);
    expect(order).toEqual(['3a', '1a', '2a']);
    for (const streamId of native.live) native.finish(streamId);
    await ended;
  });

  it('are not slowed by one that nobody reads', async () => {
    const iterator = model.streamPrompt('slow')[Symbol.asyncIterator]();
    const first = iterator.next();
    const other = readAll(model.streamPrompt('quick').textStream);
    for (let count = 0; count < 1000; count += 1) native.write(1, 'x');
    native.write(2, 'a');
    native.finish(2);
    expect(await other).toEqual(['a']);
    await first;
    await iterator.return?.();
  });
});

describe('draining', () => {
  it('goes on in the next turn where parts were left, and lets other work in between', async () => {
    native.drainLimit = 2;
    const result = model.streamPrompt('Hi').result();
    native.write(1, ...Array.from({ length: 9 }, (_, index) => String(index)));
    native.finish(1);
    const drainsSeen: number[] = [];
    const timer = setInterval(() => drainsSeen.push(native.drains), 0);
    expect((await result).text).toBe('012345678');
    clearInterval(timer);
    expect(native.drains).toBe(5);
  });

  it('is not brought forward by a bell while a turn is scheduled', async () => {
    native.drainLimit = 1;
    const result = model.streamPrompt('Hi').result();
    native.write(1, 'a', 'b', 'c');
    await turns(1);
    native.write(1, 'd');
    native.finish(1);
    expect((await result).text).toBe('abcd');
  });

  it('happens when a stream is reported as over, even where the bell was not heard', async () => {
    const result = model.streamPrompt('Hi').result();
    native.drainInstead = () => JSON.stringify({ parts: [], more: false });
    native.write(1, 'a');
    await turns();
    native.drainInstead = undefined;
    native.finish(1);
    expect((await result).text).toBe('a');
  });

  it('ignores parts of streams it does not know', async () => {
    const result = model.streamPrompt('Hi').result();
    native.write(99, 'ghost');
    native.finish(99);
    native.write(1, 'a');
    native.finish(1);
    expect((await result).text).toBe('a');
  });
});

describe('a native library that misbehaves', () => {
  it.each([
    ['throws from drain', () => { throw new Error('broken'); }],
    ['drains what is no JSON', () => 'no JSON'],
  ])('fails all streams with engine-failed, keeping their text, where it %s', async (_, drain) => {
    const streams = [model.streamPrompt('Hi'), model.streamPrompt('Ho')];
    const results = streams.map((stream) => errorOf(stream.result()));
    native.write(1, 'a');
    await turns();
    native.drainInstead = drain;
    native.write(1, 'b');
    const errors = await Promise.all(results);
    expect(errors).toMatchObject([
      { code: 'engine-failed', partial: { text: 'a' } },
      { code: 'engine-failed', partial: { text: '' } },
    ]);
    expect(errors[0]?.cause).toBeInstanceOf(Error);
  });

  it('fails the stream where it ends one without a last part', async () => {
    const read = readUntilError(model.streamPrompt('Hi'));
    native.write(1, 'a');
    native.settleWithoutLastPart(1);
    const { values, error } = await read;
    expect(values).toHaveLength(1);
    expect(error).toMatchObject({ code: 'engine-failed', partial: { text: 'a' } });
  });

  it('fails the stream where submit rejects', async () => {
    native.submitInstead = () => Promise.reject(new Error('broken'));
    const error = await errorOf(model.streamPrompt('Hi').result());
    expect(error).toMatchObject({ code: 'engine-failed', cause: { message: 'broken' } });
  });
});

it('takes 100,000 unread parts in well under a second', async () => {
  const stream = model.streamPrompt('Hi');
  const result = stream.result();
  for (let count = 0; count < 100_000; count += 1) native.write(1, 'x');
  native.finish(1);
  await result;
  const startedAt = performance.now();
  expect(await readAll(stream)).toHaveLength(100_001);
  expect(performance.now() - startedAt).toBeLessThan(1000);
});
