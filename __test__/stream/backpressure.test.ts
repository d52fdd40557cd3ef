import { beforeEach, describe, expect, it } from 'vitest';
import type { GenerateOptions, GenerationStream, Model } from '../../src/index.ts';
import type { FakeNativeModel } from '../support/fake-native-model.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { part } from '../support/parts.ts';
import { randomFrom } from '../support/random.ts';
import { errorOf, readAll, readUntilError } from '../support/read-stream.ts';
import { turns } from '../support/turns.ts';

let model: Model;
let native: FakeNativeModel;
beforeEach(async () => {
  ({ model, native } = await openFakeModel());
});

const streamWith = (options: GenerateOptions): GenerationStream => model.streamPrompt('Hi', options);
const letters = (count: number) => Array.from({ length: count }, () => 'x');

/** An iterator of a stream that has begun, and that nobody waits for. */
async function begun(options: GenerateOptions): Promise<{ stream: GenerationStream; iterator: AsyncIterator<unknown> }> {
  const stream = streamWith(options);
  const iterator = stream[Symbol.asyncIterator]();
  const first = iterator.next();
  native.write(1, 'first');
  await first;
  return { stream, iterator };
}

async function readSome(iterator: AsyncIterator<unknown>, count: number): Promise<void> {
  for (let read = 0; read < count; read += 1) await iterator.next();
}

describe('a slow reader, by default', () => {
  it('pauses the generation once its budget of parts is unread, and lets it go on at half of it', async () => {
    const { iterator } = await begun({ maxBufferedParts: 8 });
    native.write(1, ...letters(7));
    await turns(4);
    expect(native.calls).toEqual([]);
    native.write(1, 'x');
    await turns(4);
    expect(native.calls).toEqual(['pause 1']);
    await readSome(iterator, 3);
    expect(native.calls).toEqual(['pause 1']);
    await readSome(iterator, 1);
    expect(native.calls).toEqual(['pause 1', 'resume 1']);
  });

  it('does so by the bytes of UTF-8 too', async () => {
    const { iterator } = await begun({ maxBufferedBytes: 8 });
    native.write(1, '€€', 'a');
    await turns(4);
    expect(native.calls).toEqual([]);
    native.write(1, 'é');
    await turns(4);
    expect(native.calls).toEqual(['pause 1']);
    await readSome(iterator, 1);
    expect(native.calls).toEqual(['pause 1', 'resume 1']);
  });

  it('keeps every part that was on its way', async () => {
    const { iterator } = await begun({ maxBufferedParts: 2 });
    native.write(1, ...'abcdefgh');
    await turns(4);
    expect(native.paused.has(1)).toBe(true);
    native.finish(1);
    const read = [];
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) read.push(next.value);
    expect(read).toEqual([...Array.from('abcdefgh', part.text), part.finish()]);
  });

  it('has a budget of 1,024 parts and a mebibyte', async () => {
    await begun({});
    native.write(1, ...letters(1023));
    await turns(4);
    expect(native.calls).toEqual([]);
    native.write(1, 'x');
    await turns(4);
    expect(native.calls).toEqual(['pause 1']);
    const other = model.streamPrompt('Ho')[Symbol.asyncIterator]();
    void other.next();
    native.write(2, 'a', 'x'.repeat(2 ** 20));
    await turns(4);
    expect(native.calls).toEqual(['pause 1', 'pause 2']);
  });

  it('pauses no other stream', async () => {
    await begun({ maxBufferedParts: 1 });
    const quick = readAll(model.streamPrompt('Ho').textStream);
    native.write(1, ...letters(100));
    native.write(2, ...letters(100));
    native.finish(2);
    expect(await quick).toHaveLength(100);
    await turns(4);
    expect(native.calls).toEqual(['pause 1']);
  });

  it('is not counted what its view leaves out', async () => {
    const iterator = streamWith({ maxBufferedParts: 2 }).textStream[Symbol.asyncIterator]();
    void iterator.next();
    native.writeParts(1, part.text('a'), ...Array.from({ length: 50 }, () => part.thought('b')), part.text('c'));
    await turns(4);
    expect(native.calls).toEqual([]);
    native.write(1, 'd');
    await turns(4);
    expect(native.calls).toEqual(['pause 1']);
  });

  it('that leaves frees the sequence of the paused generation', async () => {
    const { stream, iterator } = await begun({ maxBufferedParts: 1 });
    native.write(1, ...letters(5));
    await turns(4);
    await iterator.return?.();
    expect(native.calls).toEqual(['pause 1', 'cancel 1', 'resume 1']);
    expect(await stream.result()).toMatchObject({ text: 'firstxxxxx', finishReason: 'aborted' });
  });

  it('is no reader that takes a burst as soon as it gets its turn', async () => {
    const read = readAll(streamWith({ maxBufferedParts: 1 }).textStream);
    native.write(1, ...letters(400));
    await turns(4);
    native.finish(1);
    expect(await read).toHaveLength(400);
    expect(native.calls).toEqual([]);
  });

  it('gets what a web stream and a Node stream have in store', async () => {
    const reader = streamWith({ maxBufferedParts: 4 }).toTextReadableStream().getReader();
    const first = reader.read();
    await turns(4);
    native.write(1, ...letters(5));
    await first;
    await turns(4);
    expect(native.calls).toEqual(['pause 1']);
    await reader.read();
    await reader.read();
    expect(native.calls).toEqual(['pause 1', 'resume 1']);
  });
});

describe('result()', () => {
  it('beside a slow reader is given the whole: nothing is paused while it waits', async () => {
    const { stream } = await begun({ maxBufferedParts: 2 });
    const result = stream.result();
    native.write(1, ...letters(100));
    await turns(4);
    expect(native.calls).toEqual([]);
    native.finish(1);
    expect(await result).toMatchObject({ bufferHighWater: { parts: 100, bytes: 100, pauses: 0 } });
  });

  it('asked for after the generation was paused lets it go on', async () => {
    const { stream } = await begun({ maxBufferedParts: 2 });
    native.write(1, ...letters(4));
    await turns(4);
    const result = stream.result();
    expect(native.calls).toEqual(['pause 1', 'resume 1']);
    native.write(1, ...letters(4));
    native.finish(1);
    expect(await result).toMatchObject({ text: 'firstxxxxxxxx', bufferHighWater: { parts: 8, bytes: 8, pauses: 1 } });
  });

  it('beside a slow reader is not refused anything either', async () => {
    const { stream, iterator } = await begun({ maxBufferedParts: 2, bufferPolicy: 'error' });
    const result = stream.result();
    native.write(1, ...letters(10));
    native.finish(1);
    expect(await result).toMatchObject({ finishReason: 'stop' });
    await readSome(iterator, 10);
    expect(await iterator.next()).toMatchObject({ value: part.finish() });
  });

  it('tells a quick reader that nothing ever waited', async () => {
    const stream = streamWith({});
    const read = (async () => {
      for await (const delta of stream.textStream) native.write(1, ...(delta === 'a' ? ['b'] : []));
    })();
    native.write(1, 'a');
    await turns(6);
    native.finish(1);
    await read;
    expect((await stream.result()).bufferHighWater).toEqual({ parts: 0, bytes: 0, pauses: 0 });
  });
});

describe('bufferPolicy', () => {
  it('"buffer" keeps everything', async () => {
    const { iterator } = await begun({ maxBufferedParts: 1, maxBufferedBytes: 1, bufferPolicy: 'buffer' });
    native.write(1, ...letters(5000));
    await turns(20);
    expect(native.calls).toEqual([]);
    await readSome(iterator, 5000);
  });

  it('"error" cancels and throws buffer-full, after the parts that wait', async () => {
    const { stream, iterator } = await begun({ maxBufferedParts: 2, bufferPolicy: 'error' });
    native.write(1, 'a', 'b');
    await turns(4);
    expect(native.calls).toEqual([]);
    native.write(1, 'c');
    await turns(4);
    expect(native.calls).toEqual(['cancel 1']);
    const { values, error } = await readUntilError({ [Symbol.asyncIterator]: () => iterator });
    expect(values).toEqual([part.text('a'), part.text('b'), part.text('c')]);
    expect(error).toMatchObject({ code: 'buffer-full', partial: { text: 'firstabc', usage: { totalTokens: 0 } } });
    expect(error?.message).toContain('maxBufferedParts');
    expect(await errorOf(stream.result())).toBe(error);
  });

  it('"error" does so by bytes too', async () => {
    const { stream } = await begun({ maxBufferedBytes: 3, bufferPolicy: 'error' });
    native.write(1, '€', 'a');
    await turns(4);
    expect(await errorOf(stream.result())).toMatchObject({ code: 'buffer-full' });
  });

  it.each([
    ['maxBufferedParts', 0],
    ['maxBufferedParts', 1.5],
    ['maxBufferedParts', 2 ** 32],
    ['maxBufferedParts', null],
    ['maxBufferedBytes', 0],
    ['maxBufferedBytes', Infinity],
    ['bufferPolicy', 'drop'],
    ['bufferPolicy', null],
  ])('%s: %s is refused', async (field, value) => {
    const error = await errorOf(streamWith({ [field]: value } as GenerateOptions).result());
    expect(error).toMatchObject({ code: 'invalid-argument', field });
  });
});

describe('whatever reader and writer do', () => {
  /**
   * The rules, in as few words as they can be had: paused while the caller says so, or from when the budget is unread
   * until half of it is.
   */
  class Expected {
    unread: string[] = [];
    full = false;
    byCaller = false;
    readonly maxParts: number;
    readonly maxBytes: number;

    constructor(maxParts: number, maxBytes: number) {
      this.maxParts = maxParts;
      this.maxBytes = maxBytes;
    }

    get paused(): boolean {
      return this.byCaller || this.full;
    }

    update(): void {
      const parts = this.unread.length;
      const bytes = this.unread.reduce((sum, delta) => sum + Buffer.byteLength(delta), 0);
      if (parts >= this.maxParts || bytes >= this.maxBytes) this.full = true;
      if (parts <= this.maxParts / 2 && bytes <= this.maxBytes / 2) this.full = false;
    }
  }

  const rounds = Array.from({ length: 100 }, (_, seed) => seed);
  it.each(rounds)('the stream is paused when it should be, and loses nothing (round %i)', async (seed) => {
    const random = randomFrom(seed);
    const upTo = (most: number) => 1 + Math.floor(random() * most);
    const expected = new Expected(upTo(12), upTo(40));
    const stream = streamWith({ maxBufferedParts: expected.maxParts, maxBufferedBytes: expected.maxBytes });
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    native.write(1, '0');
    await first;
    let written = 0;
    const read: unknown[] = [];
    const shouldBeRead: unknown[] = [];
    for (let step = 0; step < 60; step += 1) {
      const choice = random();
      if (choice < 0.4) {
        // Parts come while it is paused too: they were on their way.
        for (let count = upTo(6); count > 0; count -= 1) {
          written += 1;
          const delta = `${written}`.padEnd(upTo(8), '€');
          native.write(1, delta);
          expected.unread.push(delta);
        }
        expected.update();
        await turns(4);
      } else if (choice < 0.8) {
        const delta = expected.unread.shift();
        if (delta === undefined) continue;
        expected.update();
        read.push((await iterator.next()).value);
        shouldBeRead.push(part.text(delta));
      } else {
        expected.byCaller = !expected.byCaller;
        if (expected.byCaller) stream.pause();
        else stream.resume();
      }
      expect([step, native.paused.has(1), stream.paused]).toEqual([step, expected.paused, expected.byCaller]);
    }
    native.finish(1);
    read.push(...(await readAll({ [Symbol.asyncIterator]: () => iterator })));
    expect(read).toEqual([...shouldBeRead, ...expected.unread.map(part.text), part.finish()]);
  });
});
