/**
 * What a model is doing now, and has done since it was loaded. `openTelemetryMetrics` gives the same under names that a
 * collector can take.
 */
export interface ModelMetrics {
  /** Generations that the engine works on, at this moment or in turn with others. */
  readonly liveSequences: number;
  /** Generations waiting to begin. */
  readonly queuedSequences: number;
  /** Generations that are paused, and cost the engine nothing. */
  readonly parkedSequences: number;
  /** Generations ever started. */
  readonly totalSequences: number;
  /** Generations that came to their end by themselves. */
  readonly finishedSequences: number;
  /** Generations that ended with an error. */
  readonly failedSequences: number;
  /** Generations that were cancelled. */
  readonly abortedSequences: number;
  /** Tokens of all prompts that the engine has taken up. */
  readonly inputTokens: number;
  /** Those of `inputTokens` that were still known from earlier, and not computed again. */
  readonly cachedTokens: number;
  /**
   * Tokens computed before there was a next one to choose: of prompts, and again of what had not stayed in memory while
   * others had their turn. Many more than `inputTokens - cachedTokens` say that a larger `prefixCacheBytes` would help.
   */
  readonly prefillTokens: number;
  /** Tokens ever generated. */
  readonly generatedTokens: number;
  /** How often the engine woke JavaScript; far below `generatedTokens` under load. */
  readonly bellsRung: number;
  /** Parts made but not yet handed to JavaScript. */
  readonly unreadParts: number;
}
