import { writeFileSync } from 'node:fs';

import { quantiseTensor } from './quantise-tensor.ts';
import type { WritableTensorType } from './quantise-tensor.ts';
import { tensorBytes, tensorLayouts } from './tensor-type.ts';
import type { TensorType } from './tensor-type.ts';
import { ggufTypeIds } from './gguf-value.ts';
import type { GgufMetadata, GgufTypeName } from './gguf-value.ts';

/** A tensor to write. `shape` counts rows first, `[rows, columns]`; either values to encode, or bytes of that type. */
export type GgufTensorSource =
  | { name: string; shape: readonly number[]; type: WritableTensorType; values: Float32Array }
  | { name: string; shape: readonly number[]; type: TensorType; bytes: Uint8Array };

export interface GgufSource {
  readonly metadata: GgufMetadata;
  readonly tensors: readonly GgufTensorSource[];
}

const alignment = 32;

/** Writes a GGUF file, version 3, tensors aligned to 32 bytes. Same source, same bytes. */
export function writeGguf(path: string, source: GgufSource): void {
  writeFileSync(path, encodeGguf(source));
}

/** The bytes `writeGguf` writes. */
export function encodeGguf({ metadata, tensors }: GgufSource): Uint8Array {
  const head = new GgufBytes();
  head.raw(Buffer.from('GGUF'));
  head.u32(3);
  head.u64(tensors.length);
  head.u64(metadata.size);
  for (const [name, entry] of metadata) {
    head.string(name);
    head.u32(ggufTypeIds[entry.type]);
    if (entry.type === 'array') head.array(entry.of, entry.value);
    else head.value(entry.type, entry.value);
  }
  let offset = 0;
  const contents = tensors.map((tensor) => {
    const bytes = 'bytes' in tensor ? tensor.bytes : quantiseTensor(tensor.values, tensor.type);
    const expected = tensorBytes(
      tensor.type,
      tensor.shape.reduce((product, size) => product * size, 1),
    );
    if (bytes.length !== expected) throw new Error(`${tensor.name} has ${bytes.length} bytes, its shape ${expected}`);
    head.string(tensor.name);
    head.u32(tensor.shape.length);
    for (const size of tensor.shape.toReversed()) head.u64(size);
    head.u32(tensorLayouts[tensor.type].id);
    head.u64(offset);
    offset += bytes.length + padding(bytes.length);
    return bytes;
  });
  const pieces: Uint8Array[] = [head.bytes(), new Uint8Array(padding(head.length))];
  for (const bytes of contents) pieces.push(bytes, new Uint8Array(padding(bytes.length)));
  return Buffer.concat(pieces);
}

const padding = (length: number): number => (alignment - (length % alignment)) % alignment;

/** Collects little-endian GGUF fields. */
class GgufBytes {
  #pieces: Uint8Array[] = [];
  length = 0;

  raw(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.length += bytes.length;
  }

  u32(value: number): void {
    this.value('u32', value);
  }

  u64(value: number | bigint): void {
    this.value('u64', BigInt(value));
  }

  string(value: string): void {
    const bytes = Buffer.from(value);
    this.u64(bytes.length);
    this.raw(bytes);
  }

  array(of: GgufTypeName, values: readonly unknown[]): void {
    this.u32(ggufTypeIds[of]);
    this.u64(values.length);
    for (const value of values) this.value(of, value);
  }

  value(type: GgufTypeName, value: unknown): void {
    if (type === 'string') return this.string(value as string);
    if (type === 'array') {
      const nested = value as { of: GgufTypeName; value: readonly unknown[] };
      return this.array(nested.of, nested.value);
    }
    const { bytes, write } = scalars[type];
    const field = Buffer.alloc(bytes);
    write(field, value);
    this.raw(field);
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }
}

type ScalarName = Exclude<GgufTypeName, 'string' | 'array'>;

const scalars: Record<ScalarName, { bytes: number; write(field: Buffer, value: unknown): void }> = {
  u8: { bytes: 1, write: (field, value) => field.writeUInt8(value as number) },
  i8: { bytes: 1, write: (field, value) => field.writeInt8(value as number) },
  u16: { bytes: 2, write: (field, value) => field.writeUInt16LE(value as number) },
  i16: { bytes: 2, write: (field, value) => field.writeInt16LE(value as number) },
  u32: { bytes: 4, write: (field, value) => field.writeUInt32LE(value as number) },
  i32: { bytes: 4, write: (field, value) => field.writeInt32LE(value as number) },
  f32: { bytes: 4, write: (field, value) => field.writeFloatLE(value as number) },
  f64: { bytes: 8, write: (field, value) => field.writeDoubleLE(value as number) },
  bool: { bytes: 1, write: (field, value) => field.writeUInt8(value ? 1 : 0) },
  u64: { bytes: 8, write: (field, value) => field.writeBigUInt64LE(value as bigint) },
  i64: { bytes: 8, write: (field, value) => field.writeBigInt64LE(value as bigint) },
};
