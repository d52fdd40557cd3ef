import type { FailurePart } from '../spec/failure-part.ts';
import type { StreamPart } from '../spec/stream-part.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { GenerationStream } from '../stream/generation-stream.ts';
import { partBytes } from '../stream/part-bytes.ts';
import { failureOf } from './failure-of.ts';

/** How much of a stream may be on its way: sent, and not yet taken in on the other side. */
export const window = { parts: 256, bytes: 256 * 1024 } as const;

/**
 * One stream on the side that has its model: reads it and sends its parts while there is room in its window. What a
 * window without room leaves unread fills the stream's own buffer, and then the stream pauses itself.
 */
export class ServedStream {
  readonly #stream: GenerationStream;
  readonly #iterator: AsyncIterator<StreamPart, undefined>;
  readonly #send: (part: StreamPart | FailurePart) => void;
  /** How large each part is that is on its way, the oldest first. */
  #sizes: number[] = [];
  #bytes = 0;
  #dropped = false;
  #goOn: (() => void) | undefined;

  /** @param send - gets all parts; nothing follows a `finish` or an `error` */
  constructor(stream: GenerationStream, send: (part: StreamPart | FailurePart) => void) {
    this.#stream = stream;
    this.#iterator = stream[Symbol.asyncIterator]();
    this.#send = send;
  }

  get queuePosition(): number | null {
    return this.#stream.queuePosition;
  }

  /** Begins. Never rejects. */
  async run(): Promise<void> {
    try {
      for (;;) {
        if (!this.#hasRoom) await this.#room();
        if (this.#dropped) return;
        const read = await this.#iterator.next();
        if (this.#dropped) return;
        if (read.done) throw new TramontaneError('engine-failed', 'the stream ended without saying how');
        this.#sizes.push(partBytes(read.value));
        this.#bytes += this.#sizes.at(-1) ?? 0;
        this.#send(read.value);
        if (read.value.type === 'finish') return;
      }
    } catch (error) {
      if (this.#dropped) return;
      const { usage, timings } = (TramontaneError.isInstance(error) && error.partial) || {};
      this.#send({ type: 'error', error: failureOf(error), ...(usage && timings && { usage, timings }) });
    }
  }

  /** The other side has taken in the oldest parts. More than were sent is as many as were. */
  taken(parts: number): void {
    for (const size of this.#sizes.splice(0, parts)) this.#bytes -= size;
    if (this.#hasRoom) this.#goOn?.();
  }

  /** Asks for the end; the last part still is sent. */
  cancel(): void {
    this.#stream.cancel();
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** There is nobody to send to any more. */
  drop(): void {
    this.#dropped = true;
    void this.#iterator.return?.();
    this.#goOn?.();
  }

  get #hasRoom(): boolean {
    return this.#sizes.length < window.parts && this.#bytes < window.bytes;
  }

  async #room(): Promise<void> {
    while (!this.#hasRoom && !this.#dropped) {
      await new Promise<void>((resolve) => {
        this.#goOn = resolve;
      });
    }
  }
}
