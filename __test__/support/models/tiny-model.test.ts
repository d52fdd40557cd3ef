import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { writeBrokenGgufs } from './broken-gguf.ts';
import { tokenBytes } from './byte-alphabet.ts';
import { readGguf, tensorValues } from './gguf-reader.ts';
import { tinyModel, writeTinyGguf, writeTinySafetensors } from './tiny-model.ts';
import { tinyVocabulary } from './tiny-vocabulary.ts';

const folder = mkdtempSync(join(tmpdir(), 'tiny-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The values of one tensor of a safetensors file, all of them F32. */
function safetensor(path: string, name: string): number[] {
  const bytes = readFileSync(path);
  const start = 8 + Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<string, { data_offsets: [number, number] }>;
  const [begin, end] = header[name]?.data_offsets ?? [0, 0];
  return Array.from({ length: (end - begin) / 4 }, (_, i) => bytes.readFloatLE(start + begin + i * 4));
}

/** The values of one tensor of the default model, by its GGUF name. */
function values(name: string): number[] {
  return [...(tinyModel().tensors.find((tensor) => tensor.name === name)?.values ?? [])];
}

/** The rows of a matrix that is as wide as the default model. */
function rows(all: number[]): number[][] {
  return Array.from({ length: all.length / 64 }, (_, row) => all.slice(row * 64, row * 64 + 64));
}

/** The tokens whose output row is not zero throughout. */
function predicted(printable: boolean): string[] {
  const output = tinyModel({ printable }).tensors.at(-1)?.values ?? new Float32Array();
  return tinyVocabulary.tokens.filter((_, id) => output.subarray(id * 64, id * 64 + 64).some((value) => value !== 0));
}

describe('a tiny model', () => {
  it('is the same file for the same seed, another for another', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => join(folder, `${name}.gguf`)) as [string, string, string];
    writeTinyGguf(a);
    writeTinyGguf(b, { seed: 1 });
    writeTinyGguf(c, { seed: 2 });
    expect(readFileSync(a).equals(readFileSync(b))).toBe(true);
    expect(readFileSync(a).equals(readFileSync(c))).toBe(false);
  });

  it.each(['F16', 'Q8_0'] as const)('has exactly the same weights in %s', (type) => {
    const path = join(folder, `${type}.gguf`);
    writeTinyGguf(path, { type, hidden: 256, feedForward: 512 });
    const file = readGguf(path);
    for (const { name, values: written } of tinyModel({ hidden: 256, feedForward: 512 }).tensors) {
      const tensor = file.tensors.get(name);
      expect(tensor && Buffer.from(tensorValues(tensor).buffer).equals(Buffer.from(written.buffer))).toBe(true);
    }
  });

  it('is the same model as a Hugging Face folder, rotary halves apart', () => {
    const model = join(folder, 'model');
    writeTinySafetensors(model);
    expect(readdirSync(model).toSorted()).toEqual([
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const weights = join(model, 'model.safetensors');
    expect(safetensor(weights, 'lm_head.weight')).toEqual(values('output.weight'));
    expect(safetensor(weights, 'model.layers.1.mlp.down_proj.weight')).toEqual(values('blk.1.ffn_down.weight'));
    const query = rows(values('blk.0.attn_q.weight'));
    // Heads of 16 rows: of the second, rows 16, 18, ... come first, then 17, 19, ...
    const secondHead = rows(safetensor(weights, 'model.layers.0.self_attn.q_proj.weight')).slice(16, 32);
    const order = [16, 18, 20, 22, 24, 26, 28, 30, 17, 19, 21, 23, 25, 27, 29, 31];
    expect(secondHead).toEqual(order.map((row) => query[row]));
  });

  it('is written again when the folder holds another seed', () => {
    const model = join(folder, 'again');
    writeTinySafetensors(model, { seed: 1 });
    const first = readFileSync(join(model, 'model.safetensors'));
    writeTinySafetensors(model, { seed: 2 });
    expect(readFileSync(join(model, 'model.safetensors')).equals(first)).toBe(false);
  });

  it('has a vocabulary whose tokens are distinct and whose merges can all be made', () => {
    const { tokens, merges, special } = tinyVocabulary;
    expect(new Set(tokens).size).toBe(320);
    const known = new Set(tokens.slice(special.length, special.length + 256));
    for (const merge of merges) {
      for (const part of merge.split(' ')) expect(known).toContain(part);
      known.add(merge.replace(' ', ''));
    }
  });

  it('predicts printable tokens alone, unless any byte is wanted', () => {
    expect(predicted(false)).toEqual(tinyVocabulary.tokens.slice(3));
    for (const token of predicted(true)) {
      expect(Buffer.from(tokenBytes(token) ?? []).toString()).toMatch(/^[\n -~]+$/);
    }
  });

  it('breaks in many ways, each in a file of its own', () => {
    const good = join(folder, 'good.gguf');
    writeTinyGguf(good);
    const broken = writeBrokenGgufs(good, join(folder, 'broken'));
    const { size } = new Set(broken.map(({ path }) => path));
    expect(size).toBe(broken.length);
    expect(broken.filter(({ name }) => name.startsWith('cut'))).toHaveLength(10);
    const bytes = readFileSync(good);
    for (const { path } of broken) expect(readFileSync(path).equals(bytes)).toBe(false);
  });
});
