import { readFileSync } from 'node:fs';

import { dequantiseTensor } from './dequantise-tensor.ts';
import { tensorBytes, tensorTypeOf } from './tensor-type.ts';
import type { TensorType } from './tensor-type.ts';
import { ggufTypeName } from './gguf-value.ts';
import type { GgufTypeName, GgufValue } from './gguf-value.ts';

/** A tensor in a file. `shape` counts rows first; `offsetAt` is where its offset field stands, `start` its first byte. */
export interface GgufTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: TensorType;
  readonly elements: number;
  readonly bytes: Uint8Array;
  readonly offsetAt: number;
  readonly start: number;
}

/** A whole GGUF file in memory. `valuesAt` says where each metadata value begins, `tensorsAt` where their list does. */
export interface GgufFile {
  readonly bytes: Buffer;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  readonly valuesAt: ReadonlyMap<string, number>;
  readonly tensorsAt: number;
  readonly dataAt: number;
}

/** Reads a good file; a broken one makes it throw, with no promise about the message. */
export function readGguf(path: string): GgufFile {
  const bytes = readFileSync(path);
  const cursor = new Cursor(bytes);
  if (bytes.toString('latin1', 0, 4) !== 'GGUF') throw new Error(`${path} does not begin with GGUF`);
  cursor.at = 4;
  const version = cursor.scalar('u32') as number;
  if (version !== 3) throw new Error(`${path} has GGUF version ${version}, only 3 is read here`);
  const tensorCount = cursor.size();
  const valueCount = cursor.size();

  const metadata = new Map<string, GgufValue>();
  const valuesAt = new Map<string, number>();
  for (let i = 0; i < valueCount; i++) {
    const name = cursor.string();
    const type = ggufTypeName(cursor.scalar('u32') as number);
    valuesAt.set(name, cursor.at);
    metadata.set(name, cursor.value(type));
  }

  const tensorsAt = cursor.at;
  const listed: { name: string; shape: number[]; type: TensorType; offset: number; offsetAt: number }[] = [];
  for (let i = 0; i < tensorCount; i++) {
    const name = cursor.string();
    const dimensions = cursor.scalar('u32') as number;
    const shape = Array.from({ length: dimensions }, () => cursor.size()).toReversed();
    const type = tensorTypeOf(cursor.scalar('u32') as number);
    const offsetAt = cursor.at;
    listed.push({ name, shape, type, offset: cursor.size(), offsetAt });
  }

  const alignment = Number(metadata.get('general.alignment')?.value ?? 32);
  const dataAt = Math.ceil(cursor.at / alignment) * alignment;
  const tensors = new Map<string, GgufTensor>();
  for (const { offset, ...tensor } of listed) {
    const elements = tensor.shape.reduce((product, size) => product * size, 1);
    const start = dataAt + offset;
    const end = start + tensorBytes(tensor.type, elements);
    if (end > bytes.length) throw new Error(`${path} ends before ${tensor.name} does`);
    tensors.set(tensor.name, { ...tensor, elements, start, bytes: bytes.subarray(start, end) });
  }
  return { bytes, metadata, tensors, valuesAt, tensorsAt, dataAt };
}

/** The values of a tensor, whatever its type, rows one after another. */
export function tensorValues(tensor: GgufTensor): Float32Array<ArrayBuffer> {
  return dequantiseTensor(tensor.bytes, tensor.type, tensor.elements);
}

/** Walks over GGUF fields. */
class Cursor {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  size(): number {
    const size = Number(this.scalar('u64'));
    if (!Number.isSafeInteger(size)) throw new Error(`a size of ${size} cannot be`);
    return size;
  }

  string(): string {
    const length = this.size();
    const start = this.at;
    if (start + length > this.#bytes.length) throw new Error('a string runs past the end of the file');
    this.at += length;
    return this.#bytes.toString('utf8', start, this.at);
  }

  value(type: GgufTypeName): GgufValue {
    if (type !== 'array') return { type, value: type === 'string' ? this.string() : this.scalar(type) } as GgufValue;
    const of = ggufTypeName(this.scalar('u32') as number);
    const length = this.size();
    const value: unknown[] = [];
    for (let i = 0; i < length; i++) {
      value.push(of === 'array' ? this.value(of) : of === 'string' ? this.string() : this.scalar(of));
    }
    return { type, of, value };
  }

  scalar(type: Exclude<GgufTypeName, 'string' | 'array'>): number | bigint | boolean {
    const { bytes, read } = scalars[type];
    const value = read(this.#bytes, this.at);
    this.at += bytes;
    return value;
  }
}

type Scalar = { bytes: number; read(bytes: Buffer, at: number): number | bigint | boolean };

const scalars: Record<Exclude<GgufTypeName, 'string' | 'array'>, Scalar> = {
  u8: { bytes: 1, read: (bytes, at) => bytes.readUInt8(at) },
  i8: { bytes: 1, read: (bytes, at) => bytes.readInt8(at) },
  u16: { bytes: 2, read: (bytes, at) => bytes.readUInt16LE(at) },
  i16: { bytes: 2, read: (bytes, at) => bytes.readInt16LE(at) },
  u32: { bytes: 4, read: (bytes, at) => bytes.readUInt32LE(at) },
  i32: { bytes: 4, read: (bytes, at) => bytes.readInt32LE(at) },
  f32: { bytes: 4, read: (bytes, at) => bytes.readFloatLE(at) },
  f64: { bytes: 8, read: (bytes, at) => bytes.readDoubleLE(at) },
  bool: { bytes: 1, read: (bytes, at) => bytes.readUInt8(at) !== 0 },
  u64: { bytes: 8, read: (bytes, at) => bytes.readBigUInt64LE(at) },
  i64: { bytes: 8, read: (bytes, at) => bytes.readBigInt64LE(at) },
};
