/** The scale of a block as a half: 0.02 * sqrt(3) / 127, so that the weights have a standard deviation of 0.02. */
const SCALE = 0x0c78;
const BLOCK_BYTES = 34;

/**
 * Q8_0 blocks of evenly spread random weights; the same seed gives the same bytes.
 *
 * @param {number} elements
 * @param {number} seed Not 0.
 * @returns {Uint8Array}
 */
export function randomBlocks(elements, seed) {
  const bytes = new Uint8Array((elements / 32) * BLOCK_BYTES);
  let state = seed * 0x9e3779b9;
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    bytes[at] = SCALE & 0xff;
    bytes[at + 1] = SCALE >> 8;
    for (let i = 2; i < BLOCK_BYTES; i += 4) {
      // xorshift32 (Marsaglia 2003, "Xorshift RNGs").
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      for (let byte = 0; byte < 4; byte += 1) {
        const level = (state >>> (8 * byte)) & 0xff;
        // -128 is no level of Q8_0.
        bytes[at + i + byte] = level === 0x80 ? 0x81 : level;
      }
    }
  }
  return bytes;
}
