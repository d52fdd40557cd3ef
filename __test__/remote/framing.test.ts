import { describe, expect, it } from 'vitest';
import type { ServerEvent } from '../../src/remote/dialect.ts';
import type { Framing } from '../../src/remote/framing.ts';
import { maxEventLength } from '../../src/remote/framing.ts';
import { LineFraming } from '../../src/remote/line-framing.ts';
import { SseFraming } from '../../src/remote/sse-framing.ts';
import { WebSocketFraming } from '../../src/remote/web-socket-framing.ts';
import { randomFrom } from '../support/random.ts';
import { serverFrame } from '../support/remote/server-frame.ts';

interface Read {
  readonly events: ServerEvent[];
  readonly failure: unknown;
}

function readPieces(framing: Framing, pieces: Iterable<Uint8Array>): Read {
  const events: ServerEvent[] = [];
  try {
    for (const piece of pieces) {
      if (framing.ended) break;
      events.push(...framing.push(piece));
    }
    events.push(...framing.end());
  } catch (failure) {
    return { events, failure: (failure as Error).message };
  }
  return { events, failure: undefined };
}

/** All the ways that are looked at: whole, in two at each byte, one byte at a time. */
function* cuts(bytes: Uint8Array): Generator<readonly Uint8Array[]> {
  yield [bytes];
  for (let at = 1; at < bytes.length; at += 1) yield [bytes.subarray(0, at), bytes.subarray(at)];
  yield Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
}

/** What was read, the same however it was cut. */
function read(framingOf: () => Framing, body: string | Uint8Array): Read {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const whole = readPieces(framingOf(), [bytes]);
  for (const pieces of cuts(bytes)) expect(readPieces(framingOf(), pieces)).toEqual(whole);
  return whole;
}

const sse = (body: string | Uint8Array) => read(() => new SseFraming(), body).events.map(({ event, data }) => (event ? [event, data] : data));
const lines = (body: string) => read(() => new LineFraming(), body).events.map(({ data }) => data);

describe('server-sent events', () => {
  it.each([
    ['line feeds', 'data: a\n\ndata: b\n\n'],
    ['carriage returns', 'data: a\r\rdata: b\r\r'],
    ['both together', 'data: a\r\n\r\ndata: b\r\n\r\n'],
    ['all of them, mixed', 'data: a\r\n\rdata: b\n\r\n'],
  ])('end their lines with %s', (_, body) => {
    expect(sse(body)).toEqual(['a', 'b']);
  });

  it('are given as soon as they are whole, also where lines end in carriage returns', () => {
    const framing = new SseFraming();
    expect(framing.push(Buffer.from('data: a\r\r'))).toHaveLength(1);
    expect(framing.push(Buffer.from('\ndata: b\r\r'))).toHaveLength(1);
  });

  it('may begin with a byte order mark, and have it elsewhere as text', () => {
    expect(sse('\uFEFFdata: a\n\ndata: \uFEFFb\n\n')).toEqual(['a', '\uFEFFb']);
  });

  it('keep a byte order mark that is no such thing, whatever it comes after', () => {
    expect(sse('ü\n\uFEFFdata: x\n\ndata: ü\uFEFFa\n\n')).toEqual(['ü\uFEFFa']);
  });

  it('keep characters that are cut in two', () => {
    expect(sse('data: ünï 🌬️ 風\n\n')).toEqual(['ünï 🌬️ 風']);
  });

  it('show bytes that are no characters as such', () => {
    expect(sse(Buffer.concat([Buffer.from('data: a'), Buffer.from([0xff, 0xe2, 0x82]), Buffer.from('b\n\n')]))).toEqual(['a\uFFFD\uFFFDb']);
  });

  it('have names, several lines of data, and data without a space', () => {
    expect(sse('event: x\ndata:1\ndata:  2\n\n')).toEqual([['x', '1\n 2']]);
  });

  it('are nothing where there is only a comment, a retry, an id, or an unknown field', () => {
    expect(sse(': alive\n\nretry: 10\n\nretry: x\n\nid: 3\nfoo: bar\nevent: x\n\nfoo\n\ndata: a\n\n')).toEqual(['a']);
  });

  it('count without their empty line where they are whole', () => {
    expect(sse('data: {"a":1}')).toEqual(['{"a":1}']);
    expect(sse('data: {"a":1}\n')).toEqual(['{"a":1}']);
    expect(sse('data: x\n\ndata: [DONE]')).toEqual(['x', '[DONE]']);
  });

  it('do not count where they are cut off', () => {
    expect(sse('data: {"a":1}\n\ndata: {"a":')).toEqual(['{"a":1}']);
    expect(sse('data: {"a":1}\n\ndat')).toEqual(['{"a":1}']);
  });

  it('are refused where one never ends, and cost no more than their length until then', () => {
    const framing = new SseFraming();
    const piece = Buffer.alloc(2 ** 20, 'x');
    expect(framing.push(Buffer.from('data: first\n\ndata: '))).toHaveLength(1);
    let pushed = 0;
    while (!framing.ended && pushed < 2 * maxEventLength) {
      framing.push(piece);
      pushed += piece.length;
    }
    expect(pushed).toBeLessThanOrEqual(maxEventLength + 2 * piece.length);
    expect(framing.push(Buffer.from('\n\ndata: later\n\n'))).toEqual([]);
    expect(() => framing.end()).toThrow(expect.objectContaining({ code: 'remote-failed' }));
  });
});

describe('lines of JSON', () => {
  it('end with a line feed, after a carriage return or not; empty ones are passed over', () => {
    expect(lines('{"a":1}\r\n\n  \n{"b":"ü🌬️"}\n')).toEqual(['{"a":1}', '{"b":"ü🌬️"}']);
  });

  it('count without their line feed where they are whole, and not where they are cut off', () => {
    expect(lines('{"a":1}\n{"b":2}')).toEqual(['{"a":1}', '{"b":2}']);
    expect(lines('{"a":1}\n{"b":')).toEqual(['{"a":1}']);
  });

  it('are refused where one never ends', () => {
    const framing = new LineFraming();
    for (let pushed = 0; pushed <= maxEventLength; pushed += 2 ** 20) framing.push(Buffer.alloc(2 ** 20, 'x'));
    expect(framing.ended).toBe(true);
    expect(() => framing.end()).toThrow(expect.objectContaining({ code: 'remote-failed' }));
  });
});

describe('WebSocket messages', () => {
  const framing = () => new WebSocketFraming(() => {});
  const frames = (...all: Uint8Array[]) => read(framing, Buffer.concat(all));
  const text = (body: string, final = true) => serverFrame(1, Buffer.from(body), final);

  it('are events, short or long, in text or binary frames, in one or several', () => {
    const long = 'ü'.repeat(300);
    const { events, failure } = frames(
      text('{"a":1}'),
      text(long),
      serverFrame(2, Buffer.from('binary')),
      text('one ', false),
      serverFrame(9, Buffer.from('ping between')),
      serverFrame(0, Buffer.from('two ü'.slice(0, 5)), false),
      serverFrame(0, Buffer.from('')),
      serverFrame(8, Buffer.from([0x03, 0xe8])),
    );
    expect(failure).toBeUndefined();
    expect(events.map(({ data }) => data)).toEqual(['{"a":1}', long, 'binary', 'one two ü']);
  });

  it('may have 64-bit lengths', () => {
    const framed = serverFrame(1, Buffer.alloc(70_000, 'x'));
    expect(readPieces(framing(), [framed.subarray(0, 5), framed.subarray(5, 30_000), framed.subarray(30_000)]).events[0]?.data).toHaveLength(70_000);
  });

  it('are answered: a ping by a pong, a close by a close', () => {
    const replies: Uint8Array[] = [];
    const answering = new WebSocketFraming((bytes) => void replies.push(bytes));
    answering.push(Buffer.concat([serverFrame(9, Buffer.from('hi')), serverFrame(8, Buffer.from([0x03, 0xe8]))]));
    expect(replies.map(([first]) => (first ?? 0) & 0x0f)).toEqual([10, 8]);
    expect(replies.every((reply) => ((reply[1] ?? 0) & 0x80) !== 0)).toBe(true);
    expect(answering.ended).toBe(true);
  });

  it('before a close for a reason are kept, and the reason is told', () => {
    const close = serverFrame(8, Buffer.concat([Buffer.from([0x03, 0xf3]), Buffer.from('out of memory')]));
    const { events, failure } = frames(text('a'), close, text('never'));
    expect(events.map(({ data }) => data)).toEqual(['a']);
    expect(failure).toContain('1011: out of memory');
  });

  it.each([
    ['masked', Buffer.from([0x81, 0x80, 0, 0, 0, 0])],
    ['of an extension', Buffer.from([0xc1, 0x00])],
    ['of an unknown kind', Buffer.from([0x83, 0x00])],
    ['a long ping', serverFrame(9, Buffer.alloc(126))],
    ['a ping in pieces', serverFrame(9, Buffer.from('a'), false)],
    ['the second half of nothing', serverFrame(0, Buffer.from('a'))],
    ['a message within another', Buffer.concat([text('a', false), text('b')])],
    ['no text', serverFrame(1, Buffer.from([0xff]))],
    ['too long', Buffer.from([0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0])],
    ['longer than numbers go', Buffer.from([0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255])],
  ])('that are %s are refused, after what came before', (_, frame) => {
    const { events, failure } = frames(text('before'), frame);
    expect(events.map(({ data }) => data)).toEqual(['before']);
    expect(failure).toMatch(/WebSocket|more than/);
  });
});

/** Rounds of each kind; `TRAMONTANE_FUZZ_ROUNDS` makes it a longer run. */
const rounds = Number(process.env['TRAMONTANE_FUZZ_ROUNDS'] ?? 400);

describe(`random bytes, cut at random, ${rounds} times`, () => {
  const alphabet = ['data:', 'data: ', 'event: x', 'id: 1', ':', '\n', '\n\n', '\r', '\r\n', ' ', '{"a":', '}', '[DONE]', 'ü', '\uFEFF', '\0'];

  function randomBody(random: () => number): Uint8Array {
    const below = (limit: number) => Math.floor(random() * limit);
    const pieces = Array.from({ length: 1 + below(30) }, () => {
      const kind = below(10);
      if (kind < 6) return Buffer.from(alphabet[below(alphabet.length)] ?? '');
      if (kind < 8) return Buffer.from(Array.from({ length: below(6) }, () => below(256)));
      return Buffer.from(serverFrame([0, 1, 2, 8, 9, 10][below(6)] ?? 1, Buffer.from('x'.repeat(below(140))), random() < 0.8));
    });
    return Buffer.concat(pieces);
  }

  function* randomPieces(bytes: Uint8Array, random: () => number): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + Math.floor(random() ** 3 * 20);
      yield bytes.subarray(at, at + length);
      at += length;
    }
  }

  it.each<[string, () => Framing]>([
    ['server-sent events', () => new SseFraming()],
    ['lines', () => new LineFraming()],
    ['WebSocket frames', () => new WebSocketFraming(() => {})],
  ])('give the same %s as in one piece, and never anything else than a remote-failed', (_, framingOf) => {
    for (let seed = 1; seed <= rounds; seed += 1) {
      const random = randomFrom(seed);
      const body = randomBody(random);
      const whole = readPieces(framingOf(), [body]);
      expect(readPieces(framingOf(), randomPieces(body, random)), `seed ${seed}`).toEqual(whole);
      expect(whole.failure ?? 'the server').toContain('the server');
    }
  });
});
