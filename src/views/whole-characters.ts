/**
 * Passes text on in pieces that can be encoded on their own. A piece may end with the first half of a character beyond
 * U+FFFF, where a source cuts text by UTF-16 units; that half waits for the next piece.
 */
export class WholeCharacters {
  #half = '';

  /** What can be passed on of this and what was held back; may be `''`. */
  take(piece: string): string {
    const text = this.#half + piece;
    const last = text.charCodeAt(text.length - 1);
    const cut = last >= 0xd800 && last <= 0xdbff ? text.length - 1 : text.length;
    this.#half = text.slice(cut);
    return text.slice(0, cut);
  }

  /** What is left at the end: `''`, or a half that never got its other one. */
  rest(): string {
    const half = this.#half;
    this.#half = '';
    return half;
  }
}
