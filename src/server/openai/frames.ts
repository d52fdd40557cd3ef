import type { IndexedPart, MergedParts } from './merged-parts.ts';

/** The text of a server-sent event. */
export function frame(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/** The events that merged parts make, those of a part joined. Parts that make none are passed over. */
export class Frames implements AsyncIterator<string, undefined> {
  readonly #parts: MergedParts;
  readonly #framesOf: (part: IndexedPart) => string;

  constructor(parts: MergedParts, framesOf: (part: IndexedPart) => string) {
    this.#parts = parts;
    this.#framesOf = framesOf;
  }

  async next(): Promise<IteratorResult<string, undefined>> {
    for (;;) {
      const read = await this.#parts.next();
      if (read.done) return read;
      const text = this.#framesOf(read.value);
      if (text !== '') return { done: false, value: text };
    }
  }

  async return(): Promise<IteratorResult<string, undefined>> {
    await this.#parts.return();
    return { done: true, value: undefined };
  }
}
