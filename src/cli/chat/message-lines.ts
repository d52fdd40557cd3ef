const quotes = '"""';

/**
 * Puts messages together from lines: one that ends with a backslash goes on in the next, and what stands between two
 * `"""` may have as many lines as it likes.
 */
export class MessageLines {
  #lines: string[] = [];
  #quoted = false;

  /** Whether a message has begun and is not complete. */
  get open(): boolean {
    return this.#quoted || this.#lines.length > 0;
  }

  /** Takes the next line. Gives the message that it completes, or `null`. */
  add(line: string): string | null {
    if (this.#quoted) return this.#addQuoted(line);
    if (this.#lines.length === 0 && line.trimStart().startsWith(quotes)) {
      this.#quoted = true;
      const rest = line.trimStart().slice(quotes.length);
      return rest === '' ? null : this.#addQuoted(rest);
    }
    // Two backslashes at the end are one that was meant.
    const [, backslashes = ''] = /(\\*)$/.exec(line) ?? [];
    if (backslashes.length % 2 === 1) {
      this.#lines.push(line.slice(0, -1));
      return null;
    }
    this.#lines.push(line);
    return this.take();
  }

  /** What there is of a message, complete or not; nothing is left. */
  take(): string {
    const message = this.#lines.join('\n');
    this.#lines = [];
    this.#quoted = false;
    return message;
  }

  #addQuoted(line: string): string | null {
    const end = line.trimEnd();
    if (!end.endsWith(quotes)) {
      this.#lines.push(line);
      return null;
    }
    const last = end.slice(0, -quotes.length);
    if (last !== '') this.#lines.push(last);
    return this.take();
  }
}
