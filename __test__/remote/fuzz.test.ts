import { describe, expect, it } from 'vitest';
import type { EventDecoder } from '../../src/remote/dialect.ts';
import { dialects } from '../../src/remote/dialects.ts';
import { mostCalls } from '../../src/remote/dialects/reply-calls.ts';
import { randomFrom } from '../support/random.ts';
import { decoderOf, partsOf, transcripts } from './transcripts.ts';
import type { Transcript } from './transcripts.ts';

/** How long to look, in milliseconds; without it, a few rounds that are the same every time. */
const budgetMs = Number(process.env['TRAMONTANE_FUZZ_MS'] ?? 0);
const rounds = 40;

type Parts = ReturnType<EventDecoder['push']>;
type Random = () => number;

/** What does not fit the place where a value is. */
const odd: readonly unknown[] = [null, true, -1, 1e300, '', 'x', '\uD83C', [], [[]], {}, { index: 0 }, [null, {}], 129, '[DONE]'];

const below = (random: Random, count: number) => Math.floor(random() * count);

function mutated(body: Uint8Array, random: Random): Uint8Array {
  let bytes = Uint8Array.from(body);
  for (let left = 1 + below(random, 4); left > 0; left -= 1) {
    const mutate = [flipped, lineChanged, valueExchanged][below(random, 3)] ?? flipped;
    bytes = mutate(bytes, random);
  }
  return bytes;
}

function flipped(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  if (bytes.length > 0) bytes[below(random, bytes.length)] = below(random, 256);
  return bytes;
}

/** Drops, doubles or moves a line. */
function lineChanged(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const lines = new TextDecoder().decode(bytes).split('\n');
  const [line = ''] = lines.splice(below(random, lines.length), 1);
  const copies = [[], [line, line], [line]][below(random, 3)] ?? [];
  lines.splice(below(random, lines.length + 1), 0, ...copies);
  return new TextEncoder().encode(lines.join('\n'));
}

/** Puts something else in the place of a value, or of a whole event. */
function valueExchanged(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const text = new TextDecoder().decode(bytes);
  const values = Array.from(text.matchAll(/(?<=:|\[|,) ?("(?:[^"\\]|\\.)*"|null|true|false|-?\d+(?:\.\d+)?|\{[^{}]*\}|\[[^[\]]*\])/g));
  const value = values[below(random, values.length)];
  if (!value) return bytes;
  const replacement = JSON.stringify(odd[below(random, odd.length)]);
  return new TextEncoder().encode(text.slice(0, value.index) + replacement + text.slice(value.index + value[0].length));
}

/** All that must hold of what a decoder gives, whatever it was fed. */
function expectSound(parts: Parts, bytes: number): void {
  const last = parts.filter(({ type }) => type === 'finish' || type === 'error');
  expect(last).toHaveLength(1);
  expect(parts.at(-1)).toBe(last[0]);
  // Whatever is passed on was sent, but for a few words of ours per part.
  expect(JSON.stringify(parts).length).toBeLessThan(bytes * 16 + 4096);
  expect(parts.filter(({ type }) => type === 'tool-call-start').length).toBeLessThanOrEqual(mostCalls);
  expect(parts.flatMap((part) => ('delta' in part && !part.delta.isWellFormed() ? part : []))).toEqual([]);
}

/** What is wrong with one damaged transcript; `undefined` where nothing is. */
function faultOf({ dialect, body }: Transcript, seed: number): unknown {
  const random = randomFrom(seed);
  const bytes = mutated(body, random);
  const cut = below(random, bytes.length);
  try {
    expectSound(partsOf(dialect, [bytes.subarray(0, cut), bytes.subarray(cut)]), bytes.length);
    return undefined;
  } catch (error) {
    return { seed, error, body: new TextDecoder().decode(bytes) };
  }
}

describe.each(transcripts)('$name', (transcript) => {
  it('ends well, however it is damaged', () => {
    for (let seed = 1; seed <= rounds; seed += 1) expect(faultOf(transcript, seed)).toBeUndefined();
  });
});

it.skipIf(budgetMs === 0)(
  'any damaged transcript ends well, for as long as TRAMONTANE_FUZZ_MS says',
  { timeout: budgetMs + 60_000 },
  () => {
    const until = performance.now() + budgetMs;
    let damaged = 0;
    for (let seed = rounds + 1; performance.now() < until; seed += 1) {
      for (const transcript of transcripts) expect(faultOf(transcript, seed)).toBeUndefined();
      damaged += transcripts.length;
    }
    process.stdout.write(`${damaged} damaged transcripts ended well\n`);
  },
);

describe('a hostile server', () => {
  it('gets no more calls than there may be', () => {
    for (const dialect of Object.values(dialects)) {
      const decoder = decoderOf(dialect);
      const call = (index: number) => ({
        type: 'content_block_start',
        index,
        content_block: { type: 'tool_use', name: 'x' },
        choices: [{ delta: { tool_calls: [{ index, id: `call${index}`, function: { name: 'x', arguments: '{}' } }] } }],
        candidates: [{ content: { parts: [{ functionCall: { name: 'x' } }] } }],
        message: { tool_calls: [{ function: { name: 'x' } }] },
      });
      const item = (index: number) => ({ type: 'response.output_item.added', output_index: index, item: { type: 'function_call', name: 'x' } });
      const frame = dialect.name === 'openai-responses' ? item : call;
      const parts = Array.from({ length: 1000 }, (_, index) => decoder.push({ data: JSON.stringify(frame(index)) })).flat();
      expectSound([...parts, ...decoder.end()], 1e6);
      expect(parts.at(-1)).toMatchObject({ type: 'error', error: { code: 'remote-failed' } });
    }
  });

  it('gets nothing more into a reply that has failed, not even with the same event', () => {
    const calls = Array.from({ length: mostCalls + 1 }, (_, index) => ({ index, id: `call${index}`, function: { name: 'x', arguments: '{' } }));
    const more = { index: 0, function: { arguments: '}' } };
    const data = JSON.stringify({ choices: [{ delta: { tool_calls: [...calls, more] }, text: 'late', finish_reason: 'stop' }] });
    const decoder = decoderOf(dialects['openai-chat']);
    const parts = decoder.push({ data });
    expect(parts.at(-1)).toMatchObject({ type: 'error', error: { code: 'remote-failed' } });
    expect(parts.filter(({ type }) => type === 'error')).toHaveLength(1);
    expect([...decoder.push({ data }), ...decoder.end()]).toEqual([]);
  });

  it('cannot make a call cost more than its length', () => {
    const decoder = decoderOf(dialects['openai-chat']);
    const call = { index: 0, function: { name: 'x', arguments: '{"a":[' } };
    const data = JSON.stringify({ choices: [{ delta: { tool_calls: [call] } }] });
    for (let sent = 0; sent < 100_000; sent += 1) decoder.push({ data });
    expect(decoder.end()).toHaveLength(1);
  });
});
