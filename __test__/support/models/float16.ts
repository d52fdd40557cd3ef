/**
 * IEEE 754 half precision, as GGUF and safetensors store it. Written out here because `Float16Array` is missing from
 * the older Node versions the tests run on.
 */

const scratch = new DataView(new ArrayBuffer(4));

function bitsOf(value: number): number {
  scratch.setFloat32(0, value);
  return scratch.getUint32(0);
}

/** The 16 bits of the half nearest to `value` (single precision), ties to even. Too large becomes infinity, NaN stays NaN. */
export function toFloat16(value: number): number {
  const word = bitsOf(value);
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Below 2^-14 a half counts in steps of 2^-24. Adding 0.5 makes the float adder round to exactly those steps.
    return sign | (bitsOf(Math.abs(value) + 0.5) - 0x3f000000);
  }
  const odd = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
}

/** The number behind the 16 bits of a half. */
export function fromFloat16(half: number): number {
  return values[half & 0xffff] ?? NaN;
}

const values = Float64Array.from({ length: 0x10000 }, (_, half) => {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
});
