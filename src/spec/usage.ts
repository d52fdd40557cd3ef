/** Tokens counted by the engine, exact for every outcome, an aborted one included. */
export interface Usage {
  /** Tokens of the prompt, after the chat template. */
  readonly inputTokens: number;
  /** Tokens generated. */
  readonly outputTokens: number;
  /** `inputTokens` and `outputTokens` together. */
  readonly totalTokens: number;
  /**
   * Those of `inputTokens` that were still known from earlier when the stream was taken up, and not computed again;
   * 0 where nobody could tell.
   */
  readonly cachedInputTokens: number;
}

/** Of a generation that never reached the engine. */
export const nothingUsed: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0, cachedInputTokens: 0 };
