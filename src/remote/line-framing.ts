import { TramontaneError } from '../spec/tramontane-error.ts';
import type { ServerEvent } from './dialect.ts';
import { isWhole, maxEventLength } from './framing.ts';
import type { Framing } from './framing.ts';
import { Utf8Text } from './utf8-text.ts';

/** One JSON value a line, as Ollama sends them. Empty lines are passed over. */
export class LineFraming implements Framing {
  readonly #text = new Utf8Text();
  /** Pieces of the line that has not ended; joined once it has, so that a long one costs no more than its length. */
  #pieces: string[] = [];
  #length = 0;

  get ended(): boolean {
    return this.#length > maxEventLength;
  }

  push(bytes: Uint8Array): ServerEvent[] {
    const lines = this.#text.push(bytes).split('\n');
    const rest = lines.pop() ?? '';
    const events: ServerEvent[] = [];
    for (const line of lines) {
      if (this.ended) return events;
      const data = this.#takeLine(line);
      if (data !== '') events.push({ data });
    }
    this.#keep(rest);
    return events;
  }

  end(): ServerEvent[] {
    if (this.ended) {
      throw new TramontaneError('remote-failed', `the server sent a line of more than ${maxEventLength} characters`);
    }
    const data = this.#takeLine(this.#text.end());
    return isWhole(data) ? [{ data }] : [];
  }

  #takeLine(rest: string): string {
    this.#keep(rest);
    if (this.ended) return '';
    const line = this.#pieces.join('').trim();
    this.#pieces = [];
    this.#length = 0;
    return line;
  }

  #keep(piece: string): void {
    if (piece === '') return;
    this.#pieces.push(piece);
    this.#length += piece.length;
  }
}
