import type { FailurePart } from '../spec/failure-part.ts';
import type { StreamPart } from '../spec/stream-part.ts';
import type { TramontaneError } from '../spec/tramontane-error.ts';
import { abortedFinish } from '../stream/generation.ts';
import type { StreamOrigin } from '../stream/part-source.ts';
import type { StreamBackend } from '../stream/stream-backend.ts';
import type { Recording, TimedPart } from './recording.ts';

/** Timers take no more. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Plays one recording, for one stream. Parts are taken as they are due, and none is taken ahead: paused, it stands still,
 * and its clock with it.
 */
export class ReplayBackend implements StreamBackend {
  readonly #read: () => Promise<Recording>;
  /** How many times as fast as it was recorded; `Infinity` for at once. */
  readonly #speed: number;
  readonly #bell: () => void;
  #origin: StreamOrigin = {};
  #streamId = 0;
  /** What is played; empty until it was read. */
  #parts: readonly TimedPart[] = [];
  #next = 0;
  #startedAt = 0;
  /** Since when it stands still. */
  #pausedAt: number | undefined;
  #cancelled = false;
  #timer: NodeJS.Timeout | undefined;
  #settle: (how: string) => void = () => {};
  readonly #ended = new Promise<string>((resolve) => {
    this.#settle = resolve;
  });

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

  submit(streamId: number): Promise<string> {
    this.#streamId = streamId;
    void this.#begin();
    return this.#ended;
  }

  drain(max: number): { parts: [number, StreamPart | FailurePart][]; more: boolean } {
    const parts: [number, StreamPart | FailurePart][] = [];
    let waitMs = this.#waitMs();
    while (parts.length < max && waitMs <= 0) {
      parts.push([this.#streamId, (this.#parts[this.#next] as TimedPart).part]);
      this.#next += 1;
      waitMs = this.#waitMs();
    }
    clearTimeout(this.#timer);
    // Not unref'd: as a real generation does, one that plays keeps the process alive.
    if (waitMs > 0 && waitMs < Infinity) this.#timer = setTimeout(this.#bell, Math.min(waitMs, longestTimerMs));
    if (this.#parts.length > 0 && this.#next === this.#parts.length) this.#settle('');
    return { parts, more: waitMs <= 0 };
  }

  cancel(): void {
    if (this.#cancelled || (this.#parts.length > 0 && this.#next === this.#parts.length)) return;
    this.#cancelled = true;
    this.#pausedAt = undefined;
    this.#playNow(abortedFinish);
  }

  pause(): void {
    this.#pausedAt ??= performance.now();
    clearTimeout(this.#timer);
  }

  resume(): Promise<string> {
    if (this.#pausedAt !== undefined) this.#startedAt += performance.now() - this.#pausedAt;
    this.#pausedAt = undefined;
    this.#bell();
    return this.#ended;
  }

  queuePosition(): null {
    return null;
  }

  async #begin(): Promise<void> {
    try {
      const { model, request, parts } = await this.#read();
      this.#origin = { ...(model !== undefined && { model }), ...(request !== undefined && { request }) };
      if (this.#cancelled) return;
      this.#startedAt = performance.now();
      if (this.#pausedAt !== undefined) this.#pausedAt = this.#startedAt;
      this.#parts = parts;
      this.#bell();
    } catch (error) {
      if (!this.#cancelled) this.#playNow({ type: 'error', error: error as TramontaneError });
    }
  }

  /** In how long the next part is due; at once where 0 or less, and never where there is none or it stands still. */
  #waitMs(): number {
    const next = this.#parts[this.#next];
    if (!next || this.#pausedAt !== undefined) return Infinity;
    return this.#speed === Infinity ? 0 : this.#startedAt + next.atMs / this.#speed - performance.now();
  }

  /** Plays nothing else from now on. */
  #playNow(last: StreamPart | FailurePart): void {
    this.#startedAt = performance.now();
    this.#parts = [{ atMs: 0, part: last }];
    this.#next = 0;
    this.#bell();
  }
}
