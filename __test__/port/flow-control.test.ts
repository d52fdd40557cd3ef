import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StreamPart } from '../../src/index.ts';
import { serveModel } from '../../src/port/index.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { connectToFake, until } from '../support/port-pair.ts';
import { readUntilError } from '../support/read-stream.ts';
import { turns } from '../support/turns.ts';

/** What of a stream the other side has been sent, and not taken in. */
const window = 256;

/** The reading side of a port, written out by hand, so that it can be as slow as it likes. */
function handReader(port: MessagePort) {
  const parts: StreamPart[] = [];
  let sent = 0;
  port.on('message', (message: { readonly type: string; readonly parts?: [number, StreamPart][] }) => {
    for (const [, part] of message.parts ?? []) parts.push(part);
  });
  const say = (type: string, more: object = {}) => port.postMessage({ tramontane: 1, type, ...more });
  return {
    parts,
    say,
    takeAll() {
      say('taken', { counts: [[1, parts.length - sent]] });
      sent = parts.length;
    },
  };
}

describe('a reader that takes nothing in', () => {
  let reader: ReturnType<typeof handReader>;
  let native: Awaited<ReturnType<typeof openFakeModel>>['native'];
  let close: () => void;
  beforeEach(async () => {
    const { port1, port2 } = new MessageChannel();
    const opened = await openFakeModel();
    native = opened.native;
    const service = serveModel(port1, opened.model);
    close = () => service.close();
    reader = handReader(port2);
    reader.say('hello');
    reader.say('start', { streamId: 1, request: JSON.stringify({ prompt: 'Hi' }) });
    await until(() => native.live.length === 1);
  });
  afterEach(() => close());

  it('is sent a window of parts, and the model is paused when as many wait behind it', async () => {
    let written = 0;
    // A part a turn, as an engine makes them.
    for (; written < 5000 && !native.paused.has(1); written += 1) {
      native.write(1, `${written} `);
      await turns(1);
    }
    expect(reader.parts).toHaveLength(window);
    expect(written).toBeGreaterThanOrEqual(2 * window);
    expect(written).toBeLessThan(2 * window + 16);
  });

  it('is sent on when it takes in, and has lost nothing at the end', async () => {
    for (let written = 0; written < 2000; written += 1) native.write(1, `${written} `);
    await until(() => native.paused.has(1));
    native.finish(1);
    for (let taken = 0; taken < 20 && reader.parts.at(-1)?.type !== 'finish'; taken += 1) {
      const had = reader.parts.length;
      expect(had).toBeLessThanOrEqual(window * (taken + 1));
      reader.takeAll();
      await until(() => reader.parts.length > had || reader.parts.at(-1)?.type === 'finish');
      await turns(5);
    }
    const text = reader.parts.map((part) => ('delta' in part ? part.delta : '')).join('');
    expect(text).toBe(Array.from({ length: 2000 }, (_, index) => `${index} `).join(''));
  });

  it('is sent a window of bytes where parts are large', async () => {
    for (let written = 0; written < 20; written += 1) native.write(1, 'x'.repeat(100_000));
    await turns(10);
    expect(reader.parts).toHaveLength(3);
  });

  it('gets no larger window by saying that it took in more than it was sent', async () => {
    reader.say('taken', { counts: [[1, 1_000_000]] });
    for (let written = 0; written < 2000; written += 1) native.write(1, 'x');
    await until(() => native.paused.has(1) && reader.parts.length > 0);
    await turns(10);
    expect(reader.parts).toHaveLength(window);
  });

  it('and cancels, gets its last part once it takes in what is before it', async () => {
    for (let written = 0; written < 300; written += 1) native.write(1, 'x');
    await until(() => reader.parts.length === window);
    reader.say('cancel', { streamId: 1 });
    await until(() => native.cancelled.length === 1);
    reader.takeAll();
    await until(() => reader.parts.at(-1)?.type === 'finish');
    expect(reader.parts).toHaveLength(301);
  });
});

describe('a stream that is read slowly', () => {
  it('pauses the model by its own budget, goes on when it is read, and loses nothing', async () => {
    const { model, native } = await connectToFake();
    const stream = model.streamPrompt('Hi', { maxBufferedParts: 10 });
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    await until(() => native.live.length === 1);
    let written = 0;
    for (; written < 5000 && !native.paused.has(1); written += 1) {
      native.write(1, `${written} `);
      await turns(1);
    }
    // The budget, and what was on its way when it was used up.
    expect(written).toBeLessThan(40);
    native.finish(1);
    let text = '';
    for (let read = await first; !read.done; read = await iterator.next()) if ('delta' in read.value) text += read.value.delta;
    expect(text).toBe(Array.from({ length: written }, (_, index) => `${index} `).join(''));
    expect(native.calls.filter((call) => call.startsWith('resume'))).not.toHaveLength(0);
    expect((await stream.result()).bufferHighWater.pauses).toBeGreaterThan(0);
    await model.close();
  });

  it('is kept whole where its bufferPolicy is "buffer"', async () => {
    const { model, native } = await connectToFake();
    const stream = model.streamPrompt('Hi', { maxBufferedParts: 10, bufferPolicy: 'buffer' });
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    await until(() => native.live.length === 1);
    for (let written = 0; written < 1000; written += 1) native.write(1, 'x');
    native.finish(1);
    await first;
    let parts = 1;
    while (!(await iterator.next()).done) parts += 1;
    expect(parts).toBe(1001);
    expect((await stream.result()).bufferHighWater).toMatchObject({ pauses: 0 });
    await model.close();
  });

  it('fails and is cancelled where its bufferPolicy is "error"', async () => {
    const { model, native } = await connectToFake();
    const stream = model.streamPrompt('Hi', { maxBufferedParts: 10, bufferPolicy: 'error' });
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    await until(() => native.live.length === 1);
    for (let written = 0; written < 1000; written += 1) native.write(1, 'x');
    await first;
    await until(() => native.cancelled.length === 1);
    expect((await readUntilError({ [Symbol.asyncIterator]: () => iterator })).error).toMatchObject({ code: 'buffer-full' });
    await model.close();
  });
});
