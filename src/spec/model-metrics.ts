/** What a model is doing now, and has done since it was loaded. */
export interface ModelMetrics {
  /** Generations that the engine works on, at this moment or in turn with others. */
  readonly liveSequences: number;
  /** Generations waiting to begin. */
  readonly queuedSequences: number;
  /** Generations that are paused, and cost the engine nothing. */
  readonly parkedSequences: number;
  /** Generations ever started. */
  readonly totalSequences: number;
  /** Tokens ever generated. */
  readonly generatedTokens: number;
  /** How often the engine woke JavaScript; far below `generatedTokens` under load. */
  readonly bellsRung: number;
  /** Parts made but not yet handed to JavaScript. */
  readonly unreadParts: number;
}
