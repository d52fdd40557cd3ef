/** Watches pieces of JSON for the end of its outermost object. The cost is that of the pieces, not of what they make. */
export class WholeObject {
  #depth = 0;
  #opened = false;
  #inText = false;
  #escaped = false;

  /** An object was opened, and every bracket is closed again. */
  get complete(): boolean {
    return this.#opened && this.#depth <= 0;
  }

  add(piece: string): void {
    for (let at = 0; at < piece.length; at += 1) {
      const unit = piece.charCodeAt(at);
      if (this.#inText) {
        if (this.#escaped) this.#escaped = false;
        else if (unit === backslash) this.#escaped = true;
        else if (unit === quote) this.#inText = false;
      } else if (unit === quote) this.#inText = true;
      else if (unit === openBrace || unit === openBracket) {
        this.#opened = true;
        this.#depth += 1;
      } else if (unit === closeBrace || unit === closeBracket) this.#depth -= 1;
    }
  }
}

const quote = 0x22;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
