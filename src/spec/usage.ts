/** Tokens counted by the engine, exact for every outcome, an aborted one included. */
export interface Usage {
  /** Tokens of the prompt, after the chat template. */
  readonly inputTokens: number;
  /** Tokens generated. */
  readonly outputTokens: number;
  /** `inputTokens` and `outputTokens` together. */
  readonly totalTokens: number;
}
