import { describe, expect, it } from 'vitest';
import { EventData, readEventData } from '../../../src/server/page/browser/event-data.js';

const events = ['{"a":1}', 'two\nlines', '', 'Grüße 🌬️', '[DONE]'];
const body = (end: string) => [': comment', ...events.flatMap((data) => ['id: 1', ...data.split('\n').map((line) => `data: ${line}`), 'event:x', '']), ''].join(end);

describe('event data', () => {
  it.each(['\n', '\r\n', '\r'])('is the same wherever the bytes are cut, with line ends %j', async (end) => {
    const bytes = new TextEncoder().encode(body(end));
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const read: string[] = [];
      await readEventData(new Response(new Blob([bytes.slice(0, cut)])).body as ReadableStream<Uint8Array<ArrayBuffer>>, (data) => read.push(data));
      expect(read).toEqual(events.slice(0, read.length));
      const parser = new EventData();
      const decoder = new TextDecoder();
      const pieces = [bytes.slice(0, cut), bytes.slice(cut)].flatMap((piece) => parser.push(decoder.decode(piece, { stream: true })));
      expect(pieces).toEqual(events);
    }
  });

  it('is the same byte by byte', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const parser = new EventData();
      const decoder = new TextDecoder();
      const bytes = Array.from(new TextEncoder().encode(body(end)), (byte) => new Uint8Array([byte]));
      expect(bytes.flatMap((byte) => parser.push(decoder.decode(byte, { stream: true })))).toEqual(events);
    }
  });

  it('is read no further where it cannot be used', async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('data: x\n\n')),
      cancel: () => void (cancelled = true),
    });
    const reading = readEventData(endless, () => {
      throw new Error('no use');
    });
    await expect(reading).rejects.toThrow('no use');
    expect(cancelled).toBe(true);
  });

  it('is taken without a space, and from a field of that very name only', () => {
    expect(new EventData().push('data:a\ndata\ndata:  b\ndatabase: c\nxdata: d\n\n')).toEqual(['a\n\n b']);
  });
});
