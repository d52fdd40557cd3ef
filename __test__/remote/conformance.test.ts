import { describe, expect, it } from 'vitest';
import { expectedParts, partsOf, transcripts, withoutTimes } from './transcripts.ts';

describe.each(transcripts)('$name', (transcript) => {
  const { dialect, body } = transcript;
  const expected = expectedParts(transcript);

  it('gives its parts', () => {
    expect(withoutTimes(partsOf(dialect, [body]))).toEqual(expected);
  });

  it('gives the same parts wherever it is cut in two', () => {
    const whole = JSON.stringify(partsOf(dialect, [body]));
    const cutAt = (byte: number) => JSON.stringify(partsOf(dialect, [body.subarray(0, byte), body.subarray(byte)]));
    // As text, since comparing values at every byte takes long.
    expect(Array.from(body, (_, byte) => byte).filter((byte) => cutAt(byte) !== whole)).toEqual([]);
  });

  it('gives the same parts a byte at a time', () => {
    const bytes = Array.from(body, (_, at) => body.subarray(at, at + 1));
    expect(partsOf(dialect, bytes)).toEqual(partsOf(dialect, [body]));
  });

  it('ends with one last part, and joins the deltas of each call to its arguments', () => {
    const parts = partsOf(dialect, [body]);
    expect(parts.filter(({ type }) => type === 'finish' || type === 'error')).toEqual([parts.at(-1)]);
    for (const { index, inputText } of parts.filter((part) => part.type === 'tool-call')) {
      const deltas = parts.flatMap((other) => (other.type === 'tool-call-delta' && other.index === index ? other.delta : []));
      expect(deltas.join('')).toBe(inputText);
    }
  });
});
