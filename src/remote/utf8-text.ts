/**
 * Text of bytes that come in pieces, however its characters are split; without a byte order mark at its beginning. That
 * is taken off here, since Node's decoder in places takes it off from within the text too.
 */
export class Utf8Text {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #begun = false;

  push(bytes: Uint8Array): string {
    return this.#withoutMark(this.#decoder.decode(bytes, { stream: true }));
  }

  end(): string {
    return this.#withoutMark(this.#decoder.decode());
  }

  #withoutMark(text: string): string {
    if (this.#begun || text === '') return text;
    this.#begun = true;
    return text.startsWith('\uFEFF') ? text.slice(1) : text;
  }
}
