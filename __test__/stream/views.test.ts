import { Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { printStream, recordStream } from '../../src/index.ts';
import type { GenerationStream, Model } from '../../src/index.ts';
import type { FakeNativeModel } from '../support/fake-native-model.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { part } from '../support/parts.ts';
import { turns } from '../support/turns.ts';

let model: Model;
let native: FakeNativeModel;
let stream: GenerationStream;
beforeEach(async () => {
  ({ model, native } = await openFakeModel());
  stream = model.streamPrompt('Hi');
});

/** How a view is read and left: `read` asks for one value, `leave` goes away. */
interface Reader {
  read(): Promise<unknown>;
  leave(): unknown;
}

function iterate(iterable: AsyncIterable<unknown>): Reader {
  const iterator = iterable[Symbol.asyncIterator]();
  return { read: () => iterator.next(), leave: () => iterator.return?.() };
}

function readWeb(readable: ReadableStream<unknown> | null): Reader {
  const reader = readable?.getReader();
  return { read: () => Promise.resolve(reader?.read()), leave: () => reader?.cancel() };
}

const views: Record<string, (of: GenerationStream) => Reader> = {
  'the parts': (of) => iterate(of),
  textStream: (of) => iterate(of.textStream),
  reasoningStream: (of) => iterate(of.reasoningStream),
  'toOpenAIChunks()': (of) => iterate(of.toOpenAIChunks()),
  'toReadableStream()': (of) => readWeb(of.toReadableStream()),
  'toTextReadableStream()': (of) => readWeb(of.toTextReadableStream()),
  'toResponse()': (of) => readWeb(of.toResponse().body),
  'toResponse() as events': (of) => readWeb(of.toResponse({ format: 'sse' }).body),
  'toResponse() as chunks of OpenAI': (of) => readWeb(of.toResponse({ format: 'openai-sse' }).body),
  // The iterator of a Node stream is an async generator, whose return() waits for a pending next(); destroy() does not.
  'toNodeReadable()': (of) => {
    const readable = of.toNodeReadable();
    const iterator = readable[Symbol.asyncIterator]();
    return { read: () => iterator.next(), leave: () => readable.destroy() };
  },
  'toNodeReadable() of parts': (of) => {
    const readable = of.toNodeReadable({ format: 'parts' });
    const iterator = readable[Symbol.asyncIterator]();
    return { read: () => iterator.next(), leave: () => readable.destroy() };
  },
  'tee(1)': (of) => iterate(of.tee(1)[0] as GenerationStream),
  'recordStream()': (of) => iterate(recordStream(of, () => {})),
};

describe.each(Object.entries(views))('%s', (_, viewOf) => {
  it('starts nothing until it is read', async () => {
    viewOf(stream);
    await turns();
    expect(native.requests.size).toBe(0);
  });

  it('cannot be had of a stream that is being read', () => {
    stream[Symbol.asyncIterator]();
    expect(() => viewOf(stream)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
  });

  it('cancels when it is left while a read is pending', async () => {
    const view = viewOf(stream);
    const pending = view.read().catch(() => {});
    await turns();
    expect(native.live).toEqual([1]);
    await view.leave();
    await turns();
    expect(native.cancelled).toEqual([1]);
    await pending;
    expect(await stream.result()).toMatchObject({ finishReason: 'aborted' });
  });

  it.each([1, 2, 3])('cancels when it is left after read %i', async (reads) => {
    const view = viewOf(stream);
    const first = view.read();
    for (const letter of ['a', 'b', 'c', 'd']) native.writeParts(1, part.text(letter), part.thought(letter));
    await first;
    for (let count = 1; count < reads; count += 1) await view.read();
    await view.leave();
    await turns();
    expect(native.cancelled).toEqual([1]);
    expect(native.live).toEqual([]);
    expect(await stream.result()).toMatchObject({ finishReason: 'aborted', text: 'abcd' });
  });

  it('never starts when it is left before it is read', async () => {
    await viewOf(stream).leave();
    expect(native.requests.size).toBe(0);
    expect(await stream.result()).toMatchObject({ finishReason: 'aborted' });
  });
});

describe('a web stream', () => {
  it('goes to and fro', async () => {
    const parts = ReadableStream.from(stream.toReadableStream() as AsyncIterable<unknown>);
    const read = readToEnd(parts);
    await turns();
    native.write(1, 'a', 'b');
    native.finish(1);
    expect(await read).toEqual([part.text('a'), part.text('b'), part.finish()]);
  });

  it('can be broken out of', async () => {
    native.write(1, 'a', 'b');
    for await (const delta of stream.toTextReadableStream() as AsyncIterable<string>) {
      expect(delta).toBe('a');
      break;
    }
    expect(native.cancelled).toEqual([1]);
  });

  it('reads nothing ahead', async () => {
    const reader = stream.toReadableStream().getReader();
    const first = reader.read();
    native.write(1, 'a', 'b');
    await first;
    await turns();
    await reader.cancel();
    expect(await stream.result()).toMatchObject({ text: 'ab' });
  });

  it('gives the parts before an error, and then the error', async () => {
    const reader = stream.toReadableStream().getReader();
    const first = reader.read();
    native.write(1, 'a', 'b');
    native.fail(1, { code: 'engine-failed', message: 'no' });
    await first;
    expect(await reader.read()).toEqual({ done: false, value: part.text('b') });
    await expect(reader.read()).rejects.toMatchObject({ code: 'engine-failed', partial: { text: 'ab' } });
    await expect(reader.closed).rejects.toMatchObject({ code: 'engine-failed' });
  });
});

describe('a Node stream', () => {
  it('of text gives strings, whole characters each', async () => {
    const readable = stream.toNodeReadable();
    const read = readToEnd(readable);
    await turns();
    native.write(1, '', 'Hi 👩', '‍🚀 \ud83d', '\ude80');
    native.finish(1);
    expect(await read).toEqual(['Hi 👩', '‍🚀 ', '🚀']);
  });

  it('of parts gives objects', async () => {
    const read = readToEnd(stream.toNodeReadable({ format: 'parts' }));
    await turns();
    native.write(1, 'a');
    native.finish(1);
    expect(await read).toEqual([part.text('a'), part.finish()]);
  });

  it('ends by itself when it flows', async () => {
    const readable = stream.toNodeReadable();
    let text = '';
    readable.on('data', (chunk: string) => (text += chunk));
    await turns();
    native.write(1, 'a', 'b');
    native.finish(1);
    await finished(readable);
    expect(text).toBe('ab');
  });

  it('gives what came before an error, and then the error', async () => {
    const readable = stream.toNodeReadable();
    const texts: string[] = [];
    native.write(1, 'a', 'b');
    native.fail(1, { code: 'engine-failed', message: 'no' });
    const read = (async () => {
      for await (const text of readable) texts.push(text as string);
    })();
    await expect(read).rejects.toMatchObject({ code: 'engine-failed' });
    expect(texts).toEqual(['a', 'b']);
  });

  it('cancels where the other end of its pipeline goes away', async () => {
    native.write(1, 'a', 'b');
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('gone')) });
    await expect(pipeline(stream.toNodeReadable(), broken)).rejects.toThrow('gone');
    await turns();
    expect(native.cancelled).toEqual([1]);
  });

  it('waits while the other end is full', async () => {
    const chunks: string[] = [];
    let takeMore: () => void = () => {};
    const slow = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, done) {
        chunks.push(String(chunk));
        takeMore = done;
      },
    });
    const done = pipeline(stream.toNodeReadable(), slow);
    native.write(1, 'a', 'b', 'c');
    native.finish(1);
    await turns(10);
    expect(chunks).toEqual(['a']);
    for (let count = 0; count < 3; count += 1) {
      takeMore();
      await turns(10);
    }
    await done;
    expect(chunks).toEqual(['a', 'b', 'c']);
  });
});

it.each([
  [() => stream.toNodeReadable({ format: 'words' as 'text' }), 'format'],
  [() => stream.toResponse({ format: 'xml' as 'text' }), 'format'],
  [() => stream.toResponse({ status: 99 }), 'status'],
  [() => stream.toResponse({ headers: { 'a b': 'c' } }), 'headers'],
  [() => stream.toOpenAIChunks({ created: 'now' as unknown as number }), 'created'],
  [() => stream.tee(0), 'branches'],
])('%s names %s as what is wrong with it, and claims nothing', (make, field) => {
  expect(make).toThrow(expect.objectContaining({ code: 'invalid-argument', field }));
  expect(() => stream.toReadableStream()).not.toThrow();
});

it('printStream() refuses options it does not know, before it reads', async () => {
  await expect(printStream(stream, undefined, { colour: true } as object)).rejects.toMatchObject({ code: 'invalid-argument' });
  expect(native.requests.size).toBe(0);
});

async function readToEnd(readable: AsyncIterable<unknown>): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of readable) values.push(value);
  return values;
}
