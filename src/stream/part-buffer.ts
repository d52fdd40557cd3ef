import type { BufferBudget } from '../request/check-buffer.ts';
import type { AnyStreamPart } from '../spec/agent-part.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { PartialGeneration } from '../spec/tramontane-error.ts';
import { partBytes } from './part-bytes.ts';

/** Slots of taken parts that are kept at least, so that a short queue is not copied again and again. */
const fewestSlots = 64;

/** Parts that wait for a reader, oldest first, and how many and how large they are. */
export class PartBuffer {
  #parts: AnyStreamPart[] = [];
  /** Where reading goes on; shifting a long array would move all of it each time. */
  #from = 0;
  #bytes = 0;
  #mostParts = 0;
  #mostBytes = 0;

  get length(): number {
    return this.#parts.length - this.#from;
  }

  /** Of the text in all of them, as UTF-8. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The most that there ever was at once. */
  get most(): { readonly parts: number; readonly bytes: number } {
    return { parts: this.#mostParts, bytes: this.#mostBytes };
  }

  push(part: AnyStreamPart): void {
    this.#parts.push(part);
    this.#bytes += partBytes(part);
    this.#mostParts = Math.max(this.#mostParts, this.length);
    this.#mostBytes = Math.max(this.#mostBytes, this.#bytes);
  }

  take(): AnyStreamPart | undefined {
    const part = this.#parts[this.#from];
    if (!part) return undefined;
    this.#from += 1;
    this.#bytes -= partBytes(part);
    // A reader that always leaves something unread must not make the array grow for ever.
    if (this.length === 0 || (this.#from >= fewestSlots && this.#from >= this.length)) {
      this.#parts = this.#parts.slice(this.#from);
      this.#from = 0;
    }
    return part;
  }

  /** Drops the parts that a reader does not want. They never waited for one. */
  keepOnly(wants: (part: AnyStreamPart) => boolean): void {
    const wanted = this.#parts.slice(this.#from).filter(wants);
    this.clear();
    for (const part of wanted) this.push(part);
  }

  clear(): void {
    this.#parts = [];
    this.#from = 0;
    this.#bytes = 0;
  }

  /** Whether there is as much as may be. */
  isFull({ maxParts, maxBytes }: BufferBudget): boolean {
    return this.length >= maxParts || this.#bytes >= maxBytes;
  }

  /** Whether there is more than may be. */
  isOver({ maxParts, maxBytes }: BufferBudget): boolean {
    return this.length > maxParts || this.#bytes > maxBytes;
  }

  /** Whether there is half of what may be, or less. */
  isHalfEmpty({ maxParts, maxBytes }: BufferBudget): boolean {
    return this.length <= maxParts / 2 && this.#bytes <= maxBytes / 2;
  }
}

/** The error of a stream whose reader is too slow for its budget. */
export function bufferFull({ maxParts, maxBytes }: BufferBudget, partial?: PartialGeneration): TramontaneError {
  const message =
    `more than ${maxParts} parts (maxBufferedParts) or ${maxBytes} bytes (maxBufferedBytes) waited for the reader; ` +
    'read faster, allow more, or let bufferPolicy be "pause"';
  return new TramontaneError('buffer-full', message, { partial });
}
