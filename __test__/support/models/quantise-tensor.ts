import { fromFloat16, toFloat16 } from './float16.ts';
import { tensorBytes } from './tensor-type.ts';
import type { TensorType } from './tensor-type.ts';

/** The types `quantiseTensor` writes. */
export type WritableTensorType = Extract<TensorType, 'F32' | 'F16' | 'Q8_0' | 'Q4_0'>;

/** Values as the bytes of a GGUF tensor, little-endian. Blocks run along a row, so rows must fill whole blocks. */
export function quantiseTensor(values: Float32Array, type: WritableTensorType): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(tensorBytes(type, values.length));
  encoders[type](values, new DataView(bytes.buffer));
  return bytes;
}

const encoders: Record<WritableTensorType, (values: Float32Array, out: DataView) => void> = {
  F32(values, out) {
    values.forEach((value, i) => out.setFloat32(i * 4, value, true));
  },
  F16(values, out) {
    values.forEach((value, i) => out.setUint16(i * 2, toFloat16(value), true));
  },
  Q8_0(values, out) {
    for (let at = 0, start = 0; start < values.length; start += 32, at += 34) {
      const block = values.subarray(start, start + 32);
      const largest = block.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const scale = toFloat16(largest / 127);
      const step = fromFloat16(scale);
      out.setUint16(at, scale, true);
      block.forEach((value, i) => {
        // A block whose step is too small to be a half is stored as zeros.
        const level = step === 0 ? 0 : Math.round(value / step);
        out.setInt8(at + 2 + i, Math.max(-127, Math.min(127, level)));
      });
    }
  },
  Q4_0(values, out) {
    for (let at = 0, start = 0; start < values.length; start += 32, at += 18) {
      const block = values.subarray(start, start + 32);
      const extreme = block.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
      // Levels are -8 to 7: the value farthest from zero gets -8, so the step takes the opposite sign.
      const scale = toFloat16(extreme / -8);
      const step = fromFloat16(scale);
      out.setUint16(at, scale, true);
      const level = (value: number) => (step === 0 ? 8 : Math.max(0, Math.min(15, Math.round(value / step) + 8)));
      for (let i = 0; i < 16; i++) {
        out.setUint8(at + 2 + i, level(block[i] ?? 0) | (level(block[16 + i] ?? 0) << 4));
      }
    }
  },
};
