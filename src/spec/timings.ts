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
  /** From the cancel to the end; `null` where the stream was not cancelled. */
  readonly stopMs: number | null;
  /** Tokens per second while decoding; `null` when too few were generated to tell. */
  readonly tokensPerSecond: number | null;
}
