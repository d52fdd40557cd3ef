import type { Timings } from '../spec/timings.ts';
import type { Usage } from '../spec/usage.ts';
import { noTime } from '../spec/timings.ts';
import { nothingUsed } from '../spec/usage.ts';

/** Adds up what the rounds of a run have used, and where their time went. */
export class RunCounts {
  readonly #startedAt = performance.now();
  #cancelledAt: number | undefined;
  usage: Usage = nothingUsed;
  #sums: Timings = noTime;
  /** Tokens over the rounds that told how fast they were, and how long these took. */
  #timed = { tokens: 0, seconds: 0 };

  /** A round, or what there was of it. @param beganAt - by `performance.now()` */
  add(usage: Usage, timings: Timings, beganAt: number): void {
    this.usage = {
      inputTokens: this.usage.inputTokens + usage.inputTokens,
      outputTokens: this.usage.outputTokens + usage.outputTokens,
      totalTokens: this.usage.totalTokens + usage.totalTokens,
      cachedInputTokens: this.usage.cachedInputTokens + usage.cachedInputTokens,
    };
    const { firstTokenMs, tokensPerSecond } = timings;
    const sums = this.#sums;
    this.#sums = {
      ...sums,
      queuedMs: sums.queuedMs + timings.queuedMs,
      prefillMs: sums.prefillMs + timings.prefillMs,
      firstTokenMs: sums.firstTokenMs ?? (firstTokenMs === null ? null : beganAt - this.#startedAt + firstTokenMs),
      decodeMs: sums.decodeMs + timings.decodeMs,
      pausedMs: sums.pausedMs + timings.pausedMs,
    };
    if (tokensPerSecond === null || tokensPerSecond === 0) return;
    this.#timed.tokens += usage.outputTokens;
    this.#timed.seconds += usage.outputTokens / tokensPerSecond;
  }

  cancelled(): void {
    this.#cancelledAt ??= performance.now();
  }

  /** Of the run until now. */
  get timings(): Timings {
    const now = performance.now();
    const { tokens, seconds } = this.#timed;
    return {
      ...this.#sums,
      totalMs: now - this.#startedAt,
      stopMs: this.#cancelledAt === undefined ? null : now - this.#cancelledAt,
      tokensPerSecond: seconds === 0 ? null : tokens / seconds,
    };
  }
}
