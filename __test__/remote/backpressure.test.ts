import { setTimeout } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { expect, it } from 'vitest';
import { beginEvents, connectTiny, loopback, writeSlowly } from '../support/remote/loopback.ts';
import { ending, sse } from '../support/remote/tiny-dialect.ts';

const megabyte = 2 ** 20;
const eventsInPiece = 16;
const textLength = 16 * 1024;
const event = { text: 'x'.repeat(textLength), besides: 'y'.repeat(3 * textLength) };
const piece = Buffer.from(sse(...Array.from({ length: eventsInPiece }, () => event)));

/** A server that pushes as much as it can, and counts what the connection has taken. */
async function pushing(totalBytes: number) {
  const counted = { bytes: 0, done: false };
  const server = await loopback(async (_, response) => {
    beginEvents(response);
    while (counted.bytes < totalBytes && !response.destroyed) {
      counted.bytes += piece.length;
      await writeSlowly(response, piece);
    }
    counted.done = counted.bytes >= totalBytes;
    response.end(ending);
  });
  const untilStill = async () => {
    for (let before = -1; before !== counted.bytes; await setTimeout(150)) before = counted.bytes;
  };
  return { ...server, counted, untilStill };
}

it('a slow reader stops a server that pushes a gigabyte, time and again, and memory stays where it is', async () => {
  const { url, counted, untilStill } = await pushing(1024 * megabyte);
  const stream = connectTiny(url).streamPrompt('Hi');
  const iterator = stream[Symbol.asyncIterator]();
  await iterator.next();
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let most = before;
  let length = textLength;
  for (let read = await iterator.next(); !read.done; read = await iterator.next()) {
    if (read.value.type !== 'text-delta') continue;
    length += read.value.delta.length;
    if (length % (64 * megabyte) !== 0) continue;
    await untilStill();
    // What the kernel holds on both sides, and what a stream may hold.
    expect(counted.bytes - 4 * length).toBeLessThan(64 * megabyte);
    most = Math.max(most, process.memoryUsage().rss);
  }
  expect(length).toBe((counted.bytes / piece.length) * eventsInPiece * textLength);
  // The text itself is kept for result(), a quarter of it all.
  expect(most - before).toBeLessThan(512 * megabyte);
}, 120_000);

it('pause() stops the reading of the connection, and resume() loses nothing', async () => {
  const { url, counted, untilStill } = await pushing(96 * megabyte);
  const stream = connectTiny(url).streamPrompt('Hi');
  const result = stream.result();
  await setTimeout(20);
  stream.pause();
  await untilStill();
  expect(counted.done).toBe(false);
  stream.resume();
  const { text, timings } = await result;
  expect(text).toHaveLength((counted.bytes / piece.length) * eventsInPiece * textLength);
  expect(timings.pausedMs).toBeGreaterThan(100);
  expect(timings.totalMs).toBeGreaterThanOrEqual(timings.pausedMs);
}, 60_000);

it('a packed answer that unpacks to very much is held back too', async () => {
  let packed = 0;
  const { url } = await loopback((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
    const gzip = createGzip();
    gzip.on('data', (bytes: Buffer) => (packed += bytes.length));
    gzip.pipe(response);
    void (async () => {
      for (let count = 0; count < 300 && !response.destroyed; count += 1) await writeSlowly(gzip, piece);
      gzip.end(ending);
    })();
  });
  const stream = connectTiny(url).streamPrompt('Hi');
  const iterator = stream[Symbol.asyncIterator]();
  await iterator.next();
  await setTimeout(500);
  expect(packed).toBeGreaterThan(0);
  stream.cancel();
  // No more than the budget and what one read gives was unpacked.
  const { bufferHighWater } = await stream.result();
  expect(bufferHighWater.bytes).toBeLessThan(4 * megabyte);
});

it('a slow reader of one stream delays no other of the same model', async () => {
  const { url } = await pushing(32 * megabyte);
  const model = connectTiny(url);
  const slow = model.streamPrompt('slow')[Symbol.asyncIterator]();
  await slow.next();
  expect((await model.streamPrompt('quick').result()).text.length).toBeGreaterThan(0);
  expect(model.metrics()).toMatchObject({ liveSequences: 0, parkedSequences: 1, finishedSequences: 1 });
  await slow.return?.();
});
