import { beforeEach, describe, expect, it } from 'vitest';
import type { GenerationStream, Model } from '../../src/index.ts';
import { timings, usage } from '../support/fake-native-model.ts';
import type { FakeNativeModel } from '../support/fake-native-model.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { everyPart, part } from '../support/parts.ts';
import { errorOf, readAll, readUntilError } from '../support/read-stream.ts';
import { collectUntil, turns } from '../support/turns.ts';

let model: Model;
let native: FakeNativeModel;
let stream: GenerationStream;
let one: GenerationStream;
let two: GenerationStream;
beforeEach(async () => {
  ({ model, native } = await openFakeModel());
  stream = model.streamPrompt('Hi');
  [one, two] = stream.tee();
});

const done = { done: true, value: undefined };

describe('the branches of a stream', () => {
  it('each give all parts', async () => {
    const reads = Promise.all([readAll(one), readAll(two)]);
    native.writeParts(1, ...everyPart);
    expect(await reads).toEqual([everyPart, everyPart]);
    expect(native.requests.size).toBe(1);
  });

  it('each have their own result, and so has the stream', async () => {
    const results = Promise.all([one.result(), two.result(), stream.result()]);
    native.write(1, 'a', 'b');
    native.finish(1);
    expect(await results).toMatchObject([{ text: 'ab' }, { text: 'ab', usage, timings }, { text: 'ab' }]);
  });

  it('may be read at any pace, one after the other too', async () => {
    const read = readAll(one.textStream);
    native.write(1, 'a', 'b');
    native.finish(1);
    expect(await read).toEqual(['a', 'b']);
    expect(await readAll(two)).toEqual([part.text('a'), part.text('b'), part.finish()]);
    expect(await two.result()).toMatchObject({ text: 'ab' });
  });

  it('may each be taken another view of, and be teed again', async () => {
    const [three, four] = two.tee();
    const reads = Promise.all([new Response(one.toResponse().body).text(), readAll(three.textStream), four.result()]);
    await turns();
    native.write(1, 'a', 'b');
    native.finish(1);
    expect(await reads).toMatchObject(['ab', ['a', 'b'], { text: 'ab' }]);
  });

  it('start nothing until one is read, and then the one generation', async () => {
    await turns();
    expect(native.requests.size).toBe(0);
    void two[Symbol.asyncIterator]().next();
    await turns();
    expect(native.live).toEqual([1]);
  });

  it('can be any number', async () => {
    const branches = model.streamPrompt('Ho').tee(5);
    const reads = Promise.all(branches.map((branch) => readAll(branch.textStream)));
    await turns();
    native.write(1, 'a');
    native.finish(1);
    expect(await reads).toEqual(Array.from({ length: 5 }, () => ['a']));
  });

  it('take from the stream only what the quickest asks for', async () => {
    const iterator = one[Symbol.asyncIterator]();
    const first = iterator.next();
    await turns();
    native.write(1, 'a', 'b', 'c');
    await first;
    await turns();
    await one[Symbol.asyncDispose]();
    await two[Symbol.asyncDispose]();
    expect(await stream.result()).toMatchObject({ text: 'abc' });
    expect(await one.result()).toMatchObject({ text: 'a', finishReason: 'aborted' });
  });
});

describe('leaving a branch', () => {
  it('leaves the others reading', async () => {
    const reading = readAll(two.textStream);
    native.write(1, 'a', 'b');
    for await (const delta of one.textStream) if (delta === 'a') break;
    await turns();
    expect(native.cancelled).toEqual([]);
    native.write(1, 'c');
    native.finish(1);
    expect(await reading).toEqual(['a', 'b', 'c']);
    expect(await one.result()).toMatchObject({ finishReason: 'aborted', usage: { totalTokens: 0 } });
  });

  it('cancels the generation when it is the last, in whichever order', async () => {
    const iterators = [one, two].map((branch) => branch[Symbol.asyncIterator]());
    const reads = iterators.map((iterator) => iterator.next());
    expect(await iterators[1]?.return?.()).toEqual(done);
    expect(native.cancelled).toEqual([]);
    expect(await iterators[0]?.return?.()).toEqual(done);
    expect(await Promise.all(reads)).toEqual([done, done]);
    expect(native.cancelled).toEqual([1]);
  });

  it('that was never read counts too', async () => {
    const iterator = one[Symbol.asyncIterator]();
    void iterator.next();
    await turns();
    two.cancel();
    expect(native.cancelled).toEqual([]);
    await iterator.return?.();
    expect(native.cancelled).toEqual([1]);
    expect(await readAll(two)).toMatchObject([{ finishReason: 'aborted' }]);
  });

  it('never starts the generation where all leave before', async () => {
    one.cancel();
    two.cancel();
    expect(await stream.result()).toMatchObject({ finishReason: 'aborted' });
    expect(native.requests.size).toBe(0);
  });

  it('twice counts once', async () => {
    const reading = readAll(two.textStream);
    one.cancel();
    one.cancel();
    await one[Symbol.asyncDispose]();
    await turns();
    native.write(1, 'a');
    native.finish(1);
    expect(await reading).toEqual(['a']);
    expect(native.cancelled).toEqual([]);
  });

  it('by cancel() ends it with what it has, and its finish part', async () => {
    const reading = readAll(one);
    const result = two.result();
    native.write(1, 'a');
    await turns();
    one.cancel();
    expect(await reading).toMatchObject([part.text('a'), { type: 'finish', finishReason: 'aborted' }]);
    two.cancel();
    expect(await result).toMatchObject({ text: 'a', finishReason: 'aborted', usage });
  });

  it('by garbage collection', async () => {
    await (async () => {
      const [three, four] = model.streamPrompt('Ho').tee();
      const first = three[Symbol.asyncIterator]().next();
      void four;
      await turns();
      for (const streamId of native.live) native.write(streamId, 'a', 'b');
      await first;
    })();
    await collectUntil(() => native.cancelled.length > 0);
    expect(native.cancelled).toEqual([1]);
  });

  it('by garbage collection does not end one that is awaited', async () => {
    const result = (() => model.streamPrompt('Ho').tee()[0].result())();
    await turns();
    await collectUntil(() => native.cancelled.length > 0, 5);
    expect(native.cancelled).toEqual([]);
    native.write(1, 'a');
    native.finish(1);
    expect(await result).toMatchObject({ text: 'a' });
  });
});

describe('the stream that was teed', () => {
  it('ends all branches when it is cancelled', async () => {
    const reads = Promise.all([readAll(one), readAll(two)]);
    native.write(1, 'a');
    await turns();
    stream.cancel();
    expect(await reads).toEqual([
      [part.text('a'), part.finish('aborted')],
      [part.text('a'), part.finish('aborted')],
    ]);
  });

  it('ends all branches at the end of its own await using scope', async () => {
    const reads = Promise.all([readAll(one), two.result()]);
    await turns();
    await stream[Symbol.asyncDispose]();
    expect(await reads).toMatchObject([[part.finish('aborted')], { finishReason: 'aborted', usage }]);
  });

  it('cannot be read itself, and only once be teed', () => {
    expect(() => stream[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    expect(() => stream.tee()).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
  });
});

describe('an error', () => {
  it('reaches every branch after the parts before it, also one that is read later', async () => {
    const first = readUntilError(one);
    native.write(1, 'a');
    native.fail(1, { code: 'engine-failed', message: 'no' });
    const { values, error } = await first;
    expect(values).toEqual([part.text('a')]);
    expect(error).toMatchObject({ code: 'engine-failed', partial: { text: 'a' } });
    expect(await readUntilError(two)).toEqual({ values, error });
    expect(await errorOf(two.result())).toBe(error);
  });

  it('of a bad request reaches every branch', async () => {
    const [three, four] = model.streamPrompt('').tee();
    expect(await errorOf(three.result())).toMatchObject({ code: 'invalid-argument', field: 'prompt' });
    expect((await readUntilError(four)).error).toMatchObject({ code: 'invalid-argument' });
  });
});

describe('a branch that falls behind', () => {
  const letters = Array.from({ length: 50 }, () => 'x');

  it('holds nobody back: one can be read to its end before the other', async () => {
    const [three, four] = model.streamPrompt('Ho', { maxBufferedParts: 2 }).tee();
    const read = readAll(three.textStream);
    await turns();
    native.write(1, ...letters);
    await turns();
    native.finish(1);
    expect(await read).toEqual(letters);
    expect(await readAll(four.textStream)).toEqual(letters);
    expect((await four.result()).bufferHighWater.pauses).toBe(0);
  });

  it('holds nobody back either where it is read slowly', async () => {
    const [three, four] = model.streamPrompt('Ho', { maxBufferedParts: 2 }).tee();
    const iterator = four[Symbol.asyncIterator]();
    const first = iterator.next();
    const read = readAll(three.textStream);
    await turns();
    native.write(1, ...letters);
    await turns(60);
    native.finish(1);
    await first;
    expect(await read).toEqual(letters);
    expect((await three.result()).text).toHaveLength(50);
  });

  it('fails alone with buffer-full, where the policy is "error"', async () => {
    const [three, four] = model.streamPrompt('Ho', { maxBufferedParts: 2, bufferPolicy: 'error' }).tee();
    const slow = four[Symbol.asyncIterator]();
    void slow.next();
    const quick = three.result();
    await turns();
    native.write(1, ...letters);
    await turns(60);
    native.finish(1);
    expect(await quick).toMatchObject({ finishReason: 'stop' });
    expect(native.cancelled).toEqual([]);
    const { values, error } = await readUntilError({ [Symbol.asyncIterator]: () => slow });
    expect(values.length).toBeLessThan(letters.length);
    expect(error).toMatchObject({ code: 'buffer-full', partial: { usage: { totalTokens: 0 } } });
  });

  it('fails so too where it was not read yet, and keeps no more than its budget', async () => {
    const [three, four] = model.streamPrompt('Ho', { maxBufferedParts: 2, bufferPolicy: 'error' }).tee();
    const quick = three.result();
    await turns();
    native.write(1, ...letters);
    native.finish(1);
    await quick;
    const { values, error } = await readUntilError(four.textStream);
    expect(values).toEqual(['x', 'x', 'x']);
    expect(error).toMatchObject({ code: 'buffer-full', partial: { text: 'xxx' } });
  });

  it('cancels the generation where it was the last', async () => {
    const [three, four] = model.streamPrompt('Ho', { maxBufferedParts: 2, bufferPolicy: 'error' }).tee();
    void three.result();
    await turns();
    native.write(1, ...letters);
    three.cancel();
    await turns(5);
    void four[Symbol.asyncIterator]().next();
    await turns(60);
    expect(native.cancelled).toEqual([1]);
  });
});

it('the generation is paused while no branch is read', async () => {
  const [three] = model.streamPrompt('Ho', { maxBufferedParts: 4 }).tee();
  const iterator = three[Symbol.asyncIterator]();
  const first = iterator.next();
  await turns(4);
  native.write(1, 'a', 'b', 'c', 'd', 'e');
  await first;
  await turns(4);
  expect(native.calls).toEqual(['pause 1']);
  await iterator.next();
  await iterator.next();
  await turns(4);
  expect(native.calls).toEqual(['pause 1', 'resume 1']);
});
