import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ErrorCode } from '../../../src/spec/error-code.ts';
import { readGguf } from './gguf-reader.ts';
import type { GgufFile } from './gguf-reader.ts';
import { array, string, u32 } from './gguf-value.ts';
import type { GgufValue } from './gguf-value.ts';
import { encodeGguf } from './gguf-writer.ts';
import type { GgufTensorSource } from './gguf-writer.ts';

/** A file that must be refused, and the error code to refuse it with. */
export interface BrokenGguf {
  readonly name: string;
  readonly path: string;
  readonly expect: ErrorCode;
}

/** Writes every way to break the good llama-architecture file at `goodPath` into `folder`. */
export function writeBrokenGgufs(goodPath: string, folder: string): BrokenGguf[] {
  const good = readGguf(goodPath);
  const variants = { ...cutShort(good), ...forgedHeader(good), ...forgedTensors(good), ...forgedMetadata(good) };
  mkdirSync(folder, { recursive: true });
  return Object.entries(variants).map(([name, bytes]) => {
    const path = join(folder, `${name.replaceAll(' ', '-')}.gguf`);
    writeFileSync(path, bytes);
    return { name, path, expect: name === unknownArchitecture ? 'unsupported-model' : 'invalid-model' };
  });
}

const unknownArchitecture = 'unknown architecture';

type Variants = Record<string, Uint8Array>;

function cutShort(good: GgufFile): Variants {
  const lastByte = Math.max(...Array.from(good.tensors.values(), (tensor) => tensor.start + tensor.bytes.length)) - 1;
  const cuts: Record<string, number> = {
    'cut to nothing': 0,
    'cut inside the magic': 3,
    'cut inside the version': 6,
    'cut inside the tensor count': 12,
    'cut after the header': headerEnd,
    'cut inside the first name': headerEnd + 11,
    'cut inside the tokens': valueAt(good, 'tokenizer.ggml.tokens') + 100,
    'cut inside the tensor list': good.tensorsAt + 20,
    'cut before the tensor data': good.dataAt,
    'cut before the last byte': lastByte,
  };
  return mapValues(cuts, (length) => good.bytes.subarray(0, length));
}

const headerEnd = 24;

/** Lengths and counts that a careless reader would allocate for, loop over or recurse into. */
function forgedHeader(good: GgufFile): Variants {
  const architectureLength = valueAt(good, 'general.architecture');
  const tokens = valueAt(good, 'tokenizer.ggml.tokens');
  return {
    'wrong magic': patched(good, (bytes) => bytes.write('GGML', 0)),
    'absurd tensor count': patched(good, (bytes) => bytes.writeBigUInt64LE(2n ** 62n, 8)),
    'absurd metadata count': patched(good, (bytes) => bytes.writeBigUInt64LE(2n ** 62n, 16)),
    'absurd name length': patched(good, (bytes) => bytes.writeBigUInt64LE(2n ** 62n, headerEnd)),
    'absurd string length': patched(good, (bytes) => bytes.writeBigUInt64LE(2n ** 63n, architectureLength)),
    'string longer than the file': patched(good, (bytes) =>
      bytes.writeBigUInt64LE(BigInt(bytes.length), architectureLength),
    ),
    'absurd array length': patched(good, (bytes) => bytes.writeBigUInt64LE(2n ** 61n, tokens + 4)),
    'unknown value type': patched(good, (bytes) => bytes.writeUInt32LE(99, architectureLength - 4)),
    'arrays nested without end': nestedArrays(100_000),
  };
}

/** A file with one metadata value: an array that holds an array that holds an array. */
function nestedArrays(depth: number): Uint8Array {
  const head = encodeGguf({ metadata: new Map([['general.architecture', array('array', [])]]), tensors: [] });
  const lengthAt = headerEnd + 8 + 'general.architecture'.length + 4 + 4;
  const bytes = Buffer.concat([head.subarray(0, lengthAt), Buffer.alloc(8 + depth * 12)]);
  for (let at = lengthAt; at < bytes.length; at += 12) {
    bytes.writeBigUInt64LE(1n, at);
    if (at + 8 < bytes.length) bytes.writeUInt32LE(9, at + 8);
  }
  return bytes;
}

function forgedTensors(good: GgufFile): Variants {
  const [first] = good.tensors.values();
  if (first === undefined) throw new Error('the good file has no tensors');
  // Before the offset stand the type (4 bytes), the sizes (8 bytes each), and before those their number (4 bytes).
  const sizesAt = first.offsetAt - 4 - 8 * first.shape.length;
  const without = (name: string) => sources(good).filter((tensor) => tensor.name !== name);
  return {
    'tensor offset beyond the file': patched(good, (bytes) =>
      bytes.writeBigUInt64LE(BigInt(Math.ceil(bytes.length / 32) * 32), first.offsetAt),
    ),
    'absurd tensor offset': patched(good, (bytes) => bytes.writeBigUInt64LE(2n ** 64n - 32n, first.offsetAt)),
    'absurd number of dimensions': patched(good, (bytes) => bytes.writeUInt32LE(0xffffffff, sizesAt - 4)),
    'tensor size that overflows': patched(good, (bytes) => {
      for (let i = 0; i < first.shape.length; i++) bytes.writeBigUInt64LE(2n ** 60n, sizesAt + 8 * i);
    }),
    'tensor shape against the metadata': patched(good, (bytes) =>
      bytes.writeBigUInt64LE(BigInt((first.shape.at(-1) ?? 0) / 2), sizesAt),
    ),
    'missing tensor': encodeGguf({ metadata: good.metadata, tensors: without('blk.0.ffn_up.weight') }),
  };
}

function forgedMetadata(good: GgufFile): Variants {
  const tokens = good.metadata.get('tokenizer.ggml.tokens');
  const tokenCount = tokens?.type === 'array' ? tokens.value.length : 0;
  const changes: Record<string, [key: string, value: GgufValue | null]> = {
    [unknownArchitecture]: ['general.architecture', string('abacus')],
    'missing architecture': ['general.architecture', null],
    'missing block count': ['llama.block_count', null],
    'block count that is text': ['llama.block_count', string('2')],
    'absurd block count': ['llama.block_count', u32(0xffffffff)],
    'absurd context length': ['llama.context_length', u32(0xffffffff)],
    'no heads': ['llama.attention.head_count', u32(0)],
    'no key heads': ['llama.attention.head_count_kv', u32(0)],
    'alignment of zero': ['general.alignment', u32(0)],
    'missing tokens': ['tokenizer.ggml.tokens', null],
    'end token beyond the vocabulary': ['tokenizer.ggml.eos_token_id', u32(tokenCount)],
    'token types that are text': ['tokenizer.ggml.token_type', array('string', Array(tokenCount).fill('1'))],
    'merge of one part': ['tokenizer.ggml.merges', array('string', ['th'])],
  };
  return mapValues(changes, ([key, value]) => {
    const metadata = new Map(good.metadata);
    if (value === null) metadata.delete(key);
    else metadata.set(key, value);
    return encodeGguf({ metadata, tensors: sources(good) });
  });
}

function sources(good: GgufFile): GgufTensorSource[] {
  return Array.from(good.tensors.values(), ({ name, shape, type, bytes }) => ({ name, shape, type, bytes }));
}

function patched(good: GgufFile, patch: (bytes: Buffer) => void): Uint8Array {
  const bytes = Buffer.from(good.bytes);
  patch(bytes);
  return bytes;
}

function valueAt(good: GgufFile, key: string): number {
  const at = good.valuesAt.get(key);
  if (at === undefined) throw new Error(`the good file has no ${key}`);
  return at;
}

function mapValues<From, To>(from: Record<string, From>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, change(value)]));
}
