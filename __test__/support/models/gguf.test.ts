import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { readGguf, tensorValues } from './gguf-reader.ts';
import { array, bool, f32, string, u32 } from './gguf-value.ts';
import type { GgufValue } from './gguf-value.ts';
import { encodeGguf, writeGguf } from './gguf-writer.ts';
import { RandomNumbers } from './random-numbers.ts';

const folder = mkdtempSync(join(tmpdir(), 'gguf-'));
const path = join(folder, 'file.gguf');
afterAll(() => rmSync(folder, { recursive: true }));

function noise(length: number): Float32Array {
  const random = new RandomNumbers(7);
  return Float32Array.from({ length }, () => random.below(2001) / 1000 - 1);
}

describe('a GGUF file', () => {
  it('gives back every type of metadata', () => {
    const metadata = new Map<string, GgufValue>([
      ['count', u32(4_000_000_000)],
      ['signed', { type: 'i32', value: -5 }],
      ['share', f32(0.25)],
      ['large', { type: 'u64', value: 2n ** 63n }],
      ['yes', bool(true)],
      ['text', string('größer 🚀')],
      ['words', array('string', ['a', '', 'ü'])],
      ['numbers', array('i32', [-1, 0, 1])],
      ['nothing', array('f32', [])],
    ]);
    writeGguf(path, { metadata, tensors: [] });
    expect(readGguf(path).metadata).toEqual(metadata);
  });

  it('holds tensors of all types side by side, each aligned', () => {
    const values = noise(3 * 64);
    const types = ['F16', 'Q8_0', 'Q4_0', 'F32'] as const;
    const tensors = types.map((type) => ({ name: type, shape: [3, 64], type, values }));
    writeGguf(path, { metadata: new Map(), tensors });
    const file = readGguf(path);
    const largestError = (name: string) => {
      const tensor = file.tensors.get(name);
      if (tensor === undefined) throw new Error(`no tensor ${name}`);
      expect(tensor.start % 32).toBe(0);
      expect(tensor.shape).toEqual([3, 64]);
      return Math.max(...tensorValues(tensor).map((value, i) => Math.abs(value - (values[i] ?? NaN))));
    };
    expect(largestError('F32')).toBe(0);
    expect(largestError('F16')).toBeLessThanOrEqual(2 ** -12);
    expect(largestError('Q8_0')).toBeLessThanOrEqual(0.6 / 127);
    expect(largestError('Q4_0')).toBeLessThanOrEqual(1.01 / 8);
  });

  it('is the same, byte for byte, when written from what was read', () => {
    const tensors = [{ name: 'weight', shape: [2, 32], type: 'Q4_0' as const, values: noise(64) }];
    const bytes = encodeGguf({ metadata: new Map([['name', string('x')]]), tensors });
    writeGguf(path, { metadata: new Map([['name', string('x')]]), tensors });
    const { metadata, tensors: read } = readGguf(path);
    expect(Buffer.from(encodeGguf({ metadata, tensors: [...read.values()] })).equals(bytes)).toBe(true);
  });

  it('is refused a tensor whose size is not that of its shape', () => {
    const tensors = [{ name: 'weight', shape: [2, 32], type: 'F32' as const, values: noise(32) }];
    expect(() => encodeGguf({ metadata: new Map(), tensors })).toThrow('weight');
  });
});
