import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { ResumableStreams } from '../../../src/server/replay/resumable-streams.ts';
import type { ResumableStreamsSettings } from '../../../src/server/replay/resumable-streams.ts';
import type { ReplayReader } from '../../../src/server/replay/replay-reader.ts';
import { errorOf } from '../../support/error-of.ts';

const settings: ResumableStreamsSettings = { maxEvents: 100, maxBytes: 100_000, maxTotalBytes: 1_000_000, graceMs: 60_000 };

/** A source of so many numbered events, which says `cancelled` where it was. */
function sourceOf(count: number) {
  const source = {
    given: 0,
    cancelled: false,
    ended: false,
    async next(): Promise<IteratorResult<string, unknown>> {
      await turn();
      if (source.ended || source.given === count) return { done: true, value: undefined };
      if (source.cancelled) {
        source.ended = true;
        return { done: false, value: 'data: cancelled\n\n' };
      }
      source.given += 1;
      return { done: false, value: `data: ${source.given - 1}\n\n` };
    },
    cancel: () => void (source.cancelled = true),
  };
  return source;
}

async function readAll(reader: ReplayReader, most = Infinity): Promise<string> {
  let text = '';
  for (let count = 0; count < most; count += 1) {
    const read = await reader.next();
    if (read.done) break;
    text += read.value;
  }
  return text;
}

const quiet = async () => {
  for (let count = 0; count < 50; count += 1) await turn();
};

describe('a resumable stream', () => {
  it('gives a reader that is lost and comes back at any event the bytes of one that never was', async () => {
    const whole = await readAll(new ResumableStreams(settings).open('s', sourceOf(20)).read(0));
    expect(whole.match(/^id: \d+$/gm)).toHaveLength(20);
    for (let lost = 0; lost <= 20; lost += 1) {
      const stream = new ResumableStreams(settings).open('s', sourceOf(20));
      const before = stream.read(0);
      const first = await readAll(before, lost);
      await before.return();
      await (lost % 2 === 0 ? quiet() : undefined);
      expect(first + (await readAll(stream.read(lost))), `lost at ${lost}`).toBe(whole);
    }
  });

  it('gives a reader that is lost at every event the same bytes', async () => {
    const whole = await readAll(new ResumableStreams(settings).open('s', sourceOf(20)).read(0));
    const stream = new ResumableStreams(settings).open('s', sourceOf(20));
    let text = '';
    for (let at = 0; at < 20; at += 1) {
      const reader = stream.read(at);
      text += await readAll(reader, 1);
      await reader.return();
    }
    expect(text).toBe(whole);
    expect(await readAll(stream.read(20))).toBe('');
  });

  it('asks its source for nothing before it is read, and for one event at a time', async () => {
    const source = sourceOf(20);
    const stream = new ResumableStreams(settings).open('s', source);
    await quiet();
    expect(source.given).toBe(0);
    const reader = stream.read(0);
    await reader.next();
    await quiet();
    expect(source.given).toBe(1);
  });

  it('goes on without a reader until what it keeps is full, and forgets nothing then', async () => {
    const source = sourceOf(200);
    const stream = new ResumableStreams(settings).open('s', source);
    const reader = stream.read(0);
    await readAll(reader, 3);
    await reader.return();
    for (let round = 0; round < 5; round += 1) await quiet();
    expect(source.given).toBe(100);
    const rest = await readAll(stream.read(3));
    expect(rest.match(/^data: \d+$/gm)).toHaveLength(197);
  });

  it('says clearly that an event is not kept any more', async () => {
    const stream = new ResumableStreams({ ...settings, maxEvents: 10 }).open('s', sourceOf(50));
    await readAll(stream.read(0), 40);
    expect(errorOf(() => stream.read(20))).toMatchObject({ code: 'stream-gone', field: 'last-event-id', message: expect.stringContaining('from 30 on') });
    expect(errorOf(() => stream.read(99))).toMatchObject({ code: 'invalid-argument', field: 'last-event-id' });
  });

  it('fails a second reader that falls behind what is kept, and not the first', async () => {
    const stream = new ResumableStreams({ ...settings, maxEvents: 10 }).open('s', sourceOf(50));
    const slow = stream.read(0);
    const whole = await readAll(stream.read(0));
    expect(whole.match(/^data: \d+$/gm)).toHaveLength(50);
    await expect(slow.next()).rejects.toMatchObject({ code: 'stream-gone' });
    expect(await slow.next()).toEqual({ done: true, value: undefined });
  });

  it('runs to its end without a reader where it is to, and forgets what is oldest', async () => {
    const streams = new ResumableStreams({ ...settings, maxEvents: 10 });
    const stream = streams.open('s', sourceOf(50), 'run');
    for (let round = 0; round < 5; round += 1) await quiet();
    expect(stream.over).toBe(true);
    expect(errorOf(() => stream.read(39))).toMatchObject({ code: 'stream-gone' });
    expect((await readAll(stream.read(40))).match(/^data: \d+$/gm)).toHaveLength(10);
  });

  it('ends a read that waits when it is left, and the stream goes on', async () => {
    const stream = new ResumableStreams(settings).open('s', { next: () => new Promise(() => {}), cancel: () => {} });
    const reader = stream.read(0);
    const waiting = reader.next();
    await reader.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(stream.attended).toBe(false);
    expect(stream.over).toBe(false);
  });

  it('throws what its source throws, after what came before', async () => {
    let count = 0;
    const next = async (): Promise<IteratorResult<string, unknown>> => {
      if (count === 1) throw new Error('lost');
      count += 1;
      return { done: false, value: 'data: 0\n\n' };
    };
    const reader = new ResumableStreams(settings).open('s', { next, cancel: () => {} }).read(0);
    expect(await reader.next()).toEqual({ done: false, value: 'id: 0\ndata: 0\n\n' });
    await expect(reader.next()).rejects.toThrow('lost');
  });

  it('is cancelled when nobody has come back within its grace, and forgotten after another', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const source = sourceOf(1000);
      const streams = new ResumableStreams(settings);
      const stream = streams.open('s', source);
      const reader = stream.read(0);
      await reader.next();
      vi.advanceTimersByTime(600_000);
      expect(source.cancelled).toBe(false);
      await reader.return();
      for (let round = 0; round < 5; round += 1) await quiet();
      vi.advanceTimersByTime(59_999);
      expect(source.cancelled).toBe(false);
      vi.advanceTimersByTime(1);
      expect(source.cancelled).toBe(true);
      for (let round = 0; round < 5; round += 1) await quiet();
      expect(await readAll(stream.read(100))).toBe('id: 100\ndata: cancelled\n\n');
      vi.advanceTimersByTime(60_000);
      expect(streams.get('s')).toBeUndefined();
      expect(streams.bytes).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is not cancelled where somebody comes back in time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const source = sourceOf(1000);
      const stream = new ResumableStreams(settings).open('s', source);
      await stream.read(0).return();
      vi.advanceTimersByTime(50_000);
      const reader = stream.read(0);
      vi.advanceTimersByTime(600_000);
      expect(source.cancelled).toBe(false);
      expect((await reader.next()).value).toBe('id: 0\ndata: 0\n\n');
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('resumable streams together', () => {
  it('cancel one that is deleted at once; its reader still gets the last event', async () => {
    const source = sourceOf(1000);
    const streams = new ResumableStreams(settings);
    const reader = streams.open('s', source).read(0);
    await readAll(reader, 5);
    expect(streams.delete('s')).toBe(true);
    expect(source.cancelled).toBe(true);
    expect(streams.get('s')).toBeUndefined();
    expect(await readAll(reader)).toContain('data: cancelled');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(streams.bytes).toBe(0);
    expect(streams.delete('s')).toBe(false);
  });

  it('keep no more bytes than they may, whatever runs', async () => {
    const streams = new ResumableStreams({ maxEvents: 1000, maxBytes: 100_000, maxTotalBytes: 300, graceMs: 60_000 });
    const sources = Array.from({ length: 5 }, () => sourceOf(100));
    const opened = sources.map((source, at) => streams.open(`s${at}`, source, at % 2 === 0 ? 'wait' : 'run'));
    const lost = opened.map((stream) => stream.read(0));
    for (const reader of lost) await readAll(reader, 2);
    for (const reader of lost) await reader.return();
    for (let round = 0; round < 10; round += 1) await quiet();
    // Each may have had one event on its way.
    expect(streams.bytes).toBeLessThan(300 + 5 * 20);
    const rest = await Promise.all(opened.filter((_, at) => at % 2 === 0).map((stream) => readAll(stream.read(2))));
    for (const text of rest) expect(text.match(/^data: \d+$/gm)).toHaveLength(98);
  });

  it('forget those that are over first', async () => {
    const streams = new ResumableStreams({ ...settings, maxTotalBytes: 300 });
    await readAll(streams.open('old', sourceOf(10)).read(0));
    expect(streams.get('old')).toBeDefined();
    await readAll(streams.open('new', sourceOf(12)).read(0));
    expect(streams.get('old')).toBeUndefined();
    expect(streams.get('new')).toBeDefined();
  });
});
