import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

import { quantiseTensor } from './quantise-tensor.ts';

/** A tensor to write; `values` is called once, when its turn comes, so that a large model is never in memory whole. */
export interface SafetensorsSource {
  readonly name: string;
  readonly shape: readonly number[];
  values(): Float32Array;
}

export type SafetensorsType = 'F32' | 'F16';

const bytesPerValue: Record<SafetensorsType, number> = { F32: 4, F16: 2 };

/** Writes tensors in the order given, all of one type. The file appears under its name only when it is whole. */
export function writeSafetensors(path: string, tensors: readonly SafetensorsSource[], type: SafetensorsType): void {
  const unfinished = `${path}.${process.pid}.part`;
  const file = openSync(unfinished, 'w');
  try {
    writeAll(file, encodeHeader(tensors, type));
    for (const tensor of tensors) {
      const bytes = quantiseTensor(tensor.values(), type);
      if (bytes.length !== sizeOf(tensor, type)) throw new Error(`${tensor.name} does not have the size of its shape`);
      writeAll(file, bytes);
    }
    renameSync(unfinished, path);
  } finally {
    closeSync(file);
    rmSync(unfinished, { force: true });
  }
}

/** The size in bytes of the file `writeSafetensors` makes of these. */
export function safetensorsBytes(tensors: readonly SafetensorsSource[], type: SafetensorsType): number {
  return tensors.reduce((total, tensor) => total + sizeOf(tensor, type), encodeHeader(tensors, type).length);
}

function encodeHeader(tensors: readonly SafetensorsSource[], type: SafetensorsType): Buffer {
  let end = 0;
  const entries = tensors.map((tensor) => {
    const begin = end;
    end += sizeOf(tensor, type);
    return [tensor.name, { dtype: type, shape: tensor.shape, data_offsets: [begin, end] }];
  });
  const json = JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) });
  // Spaces bring the first tensor to a multiple of eight.
  const text = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text]);
}

function sizeOf(tensor: SafetensorsSource, type: SafetensorsType): number {
  return tensor.shape.reduce((product, size) => product * size, bytesPerValue[type]);
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}
