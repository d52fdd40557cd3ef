/** What a model is doing now, and has done since it was loaded. */
export interface ModelMetrics {
  /** Generations being computed now. */
  readonly liveSequences: number;
  /** Generations waiting to begin. */
  readonly queuedSequences: number;
  /** Generations ever started. */
  readonly totalSequences: number;
  /** Tokens ever generated. */
  readonly generatedTokens: number;
  /** How often the engine woke JavaScript; far below `generatedTokens` under load. */
  readonly bellsRung: number;
  /** Parts made but not yet handed to JavaScript. */
  readonly unreadParts: number;
}
