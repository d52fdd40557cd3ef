/**
 * The alphabet of byte-level BPE: one visible character per byte, so that any text becomes a word without spaces. Bytes
 * that show in Latin-1 stand for themselves; the others, in their order, take the characters from U+0100 on.
 */
export const byteAlphabet: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const visible = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCodePoint(visible ? byte : next++);
  });
})();

const bytesOf = new Map(byteAlphabet.map((character, byte) => [character, byte]));

/** The bytes a byte-level token stands for, or null when it is not written in the alphabet, as `<|im_end|>` of another
 * table might not be. */
export function tokenBytes(token: string): Uint8Array | null {
  const bytes = Array.from(token, (character) => bytesOf.get(character));
  return bytes.includes(undefined) ? null : Uint8Array.from(bytes as number[]);
}
