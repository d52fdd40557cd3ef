import type { Timings } from '../spec/timings.ts';

/** Times a stream from this end of the connection: of what the engine does there, only what arrives is known. */
export class RemoteStopwatch {
  readonly #startedAt = performance.now();
  #firstTokenAt: number | undefined;
  #pausedAt: number | undefined;
  #pausedMs = 0;
  /** Being paused after the first token, which is no decoding. */
  #pausedDecodingMs = 0;

  /** Something of the answer has come. */
  token(): void {
    this.#firstTokenAt ??= performance.now();
  }

  setPaused(paused: boolean): void {
    const now = performance.now();
    if (paused) {
      this.#pausedAt ??= now;
    } else if (this.#pausedAt !== undefined) {
      this.#pausedMs += now - this.#pausedAt;
      if (this.#firstTokenAt !== undefined) this.#pausedDecodingMs += now - Math.max(this.#pausedAt, this.#firstTokenAt);
      this.#pausedAt = undefined;
    }
  }

  /** @param cancelledAt - When the end was asked for, by `performance.now()`, where it was. */
  timings(outputTokens: number, cancelledAt?: number): Timings {
    this.setPaused(false);
    const now = performance.now();
    const firstTokenAt = this.#firstTokenAt;
    const decodeMs = firstTokenAt === undefined ? 0 : now - firstTokenAt - this.#pausedDecodingMs;
    return {
      queuedMs: 0,
      prefillMs: 0,
      firstTokenMs: firstTokenAt === undefined ? null : firstTokenAt - this.#startedAt,
      decodeMs,
      totalMs: now - this.#startedAt,
      pausedMs: this.#pausedMs,
      stopMs: cancelledAt === undefined ? null : now - cancelledAt,
      tokensPerSecond: outputTokens > 1 && decodeMs > 0 ? ((outputTokens - 1) * 1000) / decodeMs : null,
    };
  }
}
