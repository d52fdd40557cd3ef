import { fromFloat16 } from './float16.ts';
import { tensorBytes, tensorLayouts } from './tensor-type.ts';
import type { TensorType } from './tensor-type.ts';

/**
 * The `elements` values behind the bytes of a GGUF tensor. Arithmetic is single precision step by step, as the usual
 * dequantisers do it, so results agree with theirs to the last bit.
 */
export function dequantiseTensor(bytes: Uint8Array, type: TensorType, elements: number): Float32Array<ArrayBuffer> {
  const expected = tensorBytes(type, elements);
  if (bytes.length !== expected) throw new Error(`${type} tensor has ${bytes.length} bytes, ${expected} expected`);
  const values = new Float32Array(elements);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const layout = tensorLayouts[type];
  const decode = blockDecoders[type];
  for (let at = 0, to = 0; to < elements; at += layout.bytes, to += layout.elements) decode(view, at, values, to);
  return values;
}

type BlockDecoder = (view: DataView, at: number, values: Float32Array, to: number) => void;

const half = (view: DataView, at: number): number => fromFloat16(view.getUint16(at, true));

const blockDecoders: Record<TensorType, BlockDecoder> = {
  F32(view, at, values, to) {
    values[to] = view.getFloat32(at, true);
  },
  F16(view, at, values, to) {
    values[to] = half(view, at);
  },
  Q8_0(view, at, values, to) {
    const step = half(view, at);
    for (let i = 0; i < 32; i++) values[to + i] = step * view.getInt8(at + 2 + i);
  },
  Q4_0(view, at, values, to) {
    const step = half(view, at);
    for (let i = 0; i < 16; i++) {
      const pair = view.getUint8(at + 2 + i);
      values[to + i] = step * ((pair & 15) - 8);
      values[to + 16 + i] = step * ((pair >> 4) - 8);
    }
  },
  Q4_1(view, at, values, to) {
    const step = half(view, at);
    const lowest = half(view, at + 2);
    for (let i = 0; i < 16; i++) {
      const pair = view.getUint8(at + 4 + i);
      values[to + i] = Math.fround(step * (pair & 15)) + lowest;
      values[to + 16 + i] = Math.fround(step * (pair >> 4)) + lowest;
    }
  },
  Q5_0(view, at, values, to) {
    const step = half(view, at);
    const fifthBits = view.getUint32(at + 2, true);
    for (let i = 0; i < 32; i++) values[to + i] = step * (fiveBits(view, at + 6, fifthBits, i) - 16);
  },
  Q5_1(view, at, values, to) {
    const step = half(view, at);
    const lowest = half(view, at + 2);
    const fifthBits = view.getUint32(at + 4, true);
    for (let i = 0; i < 32; i++) {
      values[to + i] = Math.fround(step * fiveBits(view, at + 8, fifthBits, i)) + lowest;
    }
  },
  Q6_K(view, at, values, to) {
    // 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed scales of 16 values each, and the super-scale.
    const step = half(view, at + 208);
    for (let i = 0; i < 256; i++) {
      const part = i >> 7; // two halves of 128 values
      const row = (i >> 5) & 3; // four rows of 32 in each half
      const column = i & 31;
      const nibbles = view.getUint8(at + part * 64 + (row & 1) * 32 + column);
      const low = row < 2 ? nibbles & 15 : nibbles >> 4;
      const high = (view.getUint8(at + 128 + part * 32 + column) >> (row * 2)) & 3;
      const scale = Math.fround(step * view.getInt8(at + 192 + (i >> 4)));
      values[to + i] = scale * ((low | (high << 4)) - 32);
    }
  },
};

/** The i-th of 32 five-bit levels: four bits in a nibble (the second half in the high ones), the fifth apart. */
function fiveBits(view: DataView, nibblesAt: number, fifthBits: number, i: number): number {
  const pair = view.getUint8(nibblesAt + (i & 15));
  return (i < 16 ? pair & 15 : pair >> 4) | (((fifthBits >>> i) & 1) << 4);
}
