import type { FailurePart } from '../spec/failure-part.ts';
import type { StreamPart } from '../spec/stream-part.ts';
import type { TramontaneError } from '../spec/tramontane-error.ts';
import { abortedFinish } from '../stream/generation.ts';
import type { StreamOrigin } from '../stream/part-source.ts';
import type { StreamBackend } from '../stream/stream-backend.ts';
import type { Recording } from './recording.ts';

/** Timers take no more. */
const longestTimerMs = 2 ** 31 - 1;

/** Plays one recording, for one stream. */
export class ReplayBackend implements StreamBackend {
  readonly #read: () => Promise<Recording>;
  /** How many times as fast as it was recorded; `Infinity` for at once. */
  readonly #speed: number;
  readonly #bell: () => void;
  #origin: StreamOrigin = {};
  #mailbox: [number, StreamPart | FailurePart][] = [];
  #timer: NodeJS.Timeout | undefined;
  #over = false;
  #settle: () => void = () => {};

  /**
   * @param read - Gives the recording; called when the stream begins.
   * @param bell - Called when there is something to drain.
   */
  constructor(read: () => Promise<Recording>, speed: number, bell: () => void) {
    this.#read = read;
    this.#speed = speed;
    this.#bell = bell;
  }

  /** What was recorded, once it was read. */
  get origin(): StreamOrigin {
    return this.#origin;
  }

  submit(streamId: number): Promise<void> {
    void this.#begin(streamId);
    return new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  drain(max: number): { parts: [number, StreamPart | FailurePart][]; more: boolean } {
    const parts = this.#mailbox.splice(0, max);
    return { parts, more: this.#mailbox.length > 0 };
  }

  cancel(streamId: number): void {
    if (this.#over) return;
    this.#post(streamId, abortedFinish);
    this.#end();
  }

  async #begin(streamId: number): Promise<void> {
    try {
      const { model, request, parts } = await this.#read();
      this.#origin = { ...(model !== undefined && { model }), ...(request !== undefined && { request }) };
      this.#play(streamId, parts, performance.now());
    } catch (error) {
      if (this.#over) return;
      this.#post(streamId, { type: 'error', error: error as TramontaneError });
      this.#end();
    }
  }

  #play(streamId: number, parts: Recording['parts'], startedAt: number, from = 0): void {
    let next = from;
    for (; !this.#over && next < parts.length; next += 1) {
      const { atMs, part } = parts[next] as Recording['parts'][number];
      const waitMs = this.#speed === Infinity ? 0 : startedAt + atMs / this.#speed - performance.now();
      if (waitMs > 0) {
        // Not unref'd: as a real generation does, one that plays keeps the process alive.
        this.#timer = setTimeout(() => this.#play(streamId, parts, startedAt, next), Math.min(waitMs, longestTimerMs));
        this.#bell();
        return;
      }
      this.#post(streamId, part);
    }
    if (!this.#over) this.#end();
  }

  #post(streamId: number, part: StreamPart | FailurePart): void {
    this.#mailbox.push([streamId, part]);
  }

  #end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#settle();
    this.#bell();
  }
}
