/** Where a generation's time went, in milliseconds. */
export interface Timings {
  /** Waiting for the engine to begin. */
  readonly queuedMs: number;
  /** Reading the prompt. */
  readonly prefillMs: number;
  /** From the start of the stream to its first token; `null` when there was none. */
  readonly firstTokenMs: number | null;
  /** Generating tokens, after the prompt was read. */
  readonly decodeMs: number;
  /** From the start of the stream to its end. */
  readonly totalMs: number;
  /**
   * Being paused, by `pause()` or because the reader was slow; 0 where it never was. In none of the other times but
   * `firstTokenMs` and `totalMs`.
   */
  readonly pausedMs: number;
  /** From the cancel to the end; `null` where the stream was not cancelled. */
  readonly stopMs: number | null;
  /** Tokens per second while decoding; `null` when too few were generated to tell. */
  readonly tokensPerSecond: number | null;
}

/** Of a generation that never reached the engine. */
export const noTime: Timings = {
  queuedMs: 0,
  prefillMs: 0,
  firstTokenMs: null,
  decodeMs: 0,
  totalMs: 0,
  pausedMs: 0,
  stopMs: null,
  tokensPerSecond: null,
};
