import type { AnyStreamPart } from '../spec/agent-part.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { PartBuffer } from './part-buffer.ts';

export type Read = IteratorResult<AnyStreamPart, undefined>;

interface Reader {
  readonly resolve: (read: Read) => void;
  readonly reject: (reason: TramontaneError) => void;
}

/** How a stream is over. */
export const end: Read = { done: true, value: undefined };

/** The reader's side of a generation: what it wants, what of that is unread, and the reads that wait. */
export class PartQueue {
  readonly buffer = new PartBuffer();
  /** Whether a view reads the parts, and which ones it wants. */
  #wants: ((part: AnyStreamPart) => boolean) | undefined;
  #left = false;
  /** The failure, until a read has thrown it. */
  #unthrown: TramontaneError | undefined;
  readonly #readers: Reader[] = [];

  /** Whether somebody reads, and has not left. */
  get hasReader(): boolean {
    return this.#wants !== undefined && !this.#left;
  }

  /** The view has left: nothing is delivered any more. */
  get left(): boolean {
    return this.#left;
  }

  /** Whether a read waits. */
  get awaited(): boolean {
    return this.#readers.length > 0;
  }

  /** Makes the caller the one reader of the parts that `wants` holds for. Throws where there is one already. */
  claim(wants: (part: AnyStreamPart) => boolean): void {
    if (this.#wants) {
      const message =
        'this stream is already being read, and it can be read only once; result() gives the whole text beside a reader';
      throw new TramontaneError('invalid-argument', message);
    }
    this.#wants = wants;
    this.buffer.keepOnly(wants);
  }

  /** What a read gets at once; nothing where it has to wait. Throws the failure, once. */
  take(): AnyStreamPart | undefined {
    const part = this.buffer.take();
    if (part || !this.#unthrown) return part;
    const error = this.#unthrown;
    this.#unthrown = undefined;
    throw error;
  }

  /** A read that waits. Reads are answered in order. */
  wait(): Promise<Read> {
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
    });
  }

  hand(part: AnyStreamPart): void {
    if (this.#left || (this.#wants && !this.#wants(part))) return;
    const reader = this.#readers.shift();
    if (reader) reader.resolve({ done: false, value: part });
    else this.buffer.push(part);
  }

  /** Nothing follows. */
  end(): void {
    for (const reader of this.#readers.splice(0)) reader.resolve(end);
  }

  /** The first read from now on gets `error`, and nothing follows. */
  fail(error: TramontaneError): void {
    const reader = this.#readers.shift();
    if (reader) reader.reject(error);
    else if (!this.#left) this.#unthrown = error;
    this.end();
  }

  /** The reader goes: what is unread is dropped, and waiting reads end. */
  leave(): void {
    this.#left = true;
    this.buffer.clear();
    this.#unthrown = undefined;
    this.end();
  }
}
