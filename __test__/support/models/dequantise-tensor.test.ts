import { describe, expect, it } from 'vitest';

import { dequantiseTensor } from './dequantise-tensor.ts';
import { fromFloat16, toFloat16 } from './float16.ts';
import { quantiseTensor } from './quantise-tensor.ts';

const one = [0x00, 0x3c]; // 1 as a half, low byte first
const half = [0x00, 0x38];
const minusTwo = [0x00, 0xc0];

/** Sixteen bytes whose low nibbles count up from 0 and whose high nibbles count down from 15. */
const nibbles = Array.from({ length: 16 }, (_, i) => i | ((15 - i) << 4));
const up = Array.from({ length: 16 }, (_, i) => i);
const down = up.toReversed();

const numbers = (values: Float32Array) => Array.from(values);

describe('dequantiseTensor', () => {
  it('reads Q8_0: a step, then signed bytes', () => {
    const bytes = Uint8Array.from([...half, ...Array.from({ length: 32 }, (_, i) => i - 16)]);
    expect(numbers(dequantiseTensor(bytes, 'Q8_0', 32))).toEqual(Array.from({ length: 32 }, (_, i) => (i - 16) / 2));
  });

  it('reads Q4_0: a step, then nibbles around 8, the low ones first', () => {
    const values = dequantiseTensor(Uint8Array.from([...half, ...nibbles]), 'Q4_0', 32);
    expect(numbers(values)).toEqual([...up, ...down].map((level) => (level - 8) / 2));
  });

  it('reads Q4_1: a step and a lowest value, then nibbles', () => {
    const values = dequantiseTensor(Uint8Array.from([...half, ...minusTwo, ...nibbles]), 'Q4_1', 32);
    expect(numbers(values)).toEqual([...up, ...down].map((level) => level / 2 - 2));
  });

  it('reads Q5_0: a step, the fifth bits, then nibbles around 16', () => {
    // Fifth bits of the values 0 and 31.
    const values = dequantiseTensor(Uint8Array.from([...one, 1, 0, 0, 0x80, ...nibbles]), 'Q5_0', 32);
    const levels = [...up, ...down].map((level, i) => level + (i === 0 || i === 31 ? 16 : 0));
    expect(numbers(values)).toEqual(levels.map((level) => level - 16));
  });

  it('reads Q5_1: a step, a lowest value, the fifth bits, then nibbles', () => {
    const values = dequantiseTensor(Uint8Array.from([...one, ...minusTwo, 0, 1, 0, 0, ...nibbles]), 'Q5_1', 32);
    const levels = [...up, ...down].map((level, i) => level + (i === 8 ? 16 : 0));
    expect(numbers(values)).toEqual(levels.map((level) => level - 2));
  });

  it('reads Q6_K: low nibbles, pairs of high bits, scales of sixteen values, and their step', () => {
    const bytes = new Uint8Array(210);
    bytes.fill(0x21, 0, 64); // the first 128 values: low bits 1, later 2
    bytes.fill(0xe4, 128, 160); // high bits 0, 1, 2, 3 for its four rows
    bytes.fill(3, 192, 207);
    bytes[207] = 0xff; // the last sixteen values have scale -1
    bytes.set(half, 208);
    const values = dequantiseTensor(bytes, 'Q6_K', 256);
    const rows = [1 - 32, 1 + 16 - 32, 2 + 32 - 32, 2 + 48 - 32];
    const expected = [...rows.flatMap((level) => Array<number>(32).fill(level * 1.5)), ...Array<number>(128).fill(-48)];
    expected.fill(16, 240);
    expect(numbers(values)).toEqual(expected);
  });

  it('refuses bytes that are not a whole tensor', () => {
    expect(() => dequantiseTensor(new Uint8Array(33), 'Q8_0', 32)).toThrow('34');
    expect(() => dequantiseTensor(new Uint8Array(34), 'Q8_0', 33)).toThrow('whole');
  });
});

describe('quantiseTensor', () => {
  it('keeps Q8_0 levels exactly when the step is a half', () => {
    const values = Float32Array.from({ length: 32 }, (_, i) => (i === 5 ? -127 : i * 7 - 100) / 1024);
    expect(dequantiseTensor(quantiseTensor(values, 'Q8_0'), 'Q8_0', 32)).toEqual(values);
  });

  it.each(['F32', 'F16', 'Q8_0', 'Q4_0'] as const)('writes zeros as zeros in %s', (type) => {
    const zeros = new Float32Array(32);
    expect(numbers(dequantiseTensor(quantiseTensor(zeros, type), type, 32)).every((value) => value === 0)).toBe(true);
  });
});

describe('float16', () => {
  it('brings every half through unchanged', () => {
    const changed = Array.from({ length: 0x10000 }, (_, bits) => bits).filter(
      (bits) => !Number.isNaN(fromFloat16(bits)) && toFloat16(fromFloat16(bits)) !== bits,
    );
    expect(changed).toEqual([]);
  });

  it('rounds to the nearest, ties to even, also among the smallest', () => {
    expect(fromFloat16(toFloat16(1 + 2 ** -11))).toBe(1);
    expect(fromFloat16(toFloat16(1 + 3 * 2 ** -11))).toBe(1 + 2 ** -9);
    expect(fromFloat16(toFloat16(2 ** -25))).toBe(0);
    expect(fromFloat16(toFloat16(1.01 * 2 ** -25))).toBe(2 ** -24);
    expect(fromFloat16(toFloat16(65519))).toBe(65504);
    expect(fromFloat16(toFloat16(65520))).toBe(Infinity);
    expect(fromFloat16(toFloat16(NaN))).toBeNaN();
  });
});
