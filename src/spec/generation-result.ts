import type { FinishReason } from './finish-reason.ts';
import type { Timings } from './timings.ts';
import type { Usage } from './usage.ts';

/** A generation once it has ended. */
export interface GenerationResult {
  /** The whole text: every delta joined, those nobody read included. */
  readonly text: string;
  /** Why the generation ended. */
  readonly finishReason: FinishReason;
  /** Tokens read and written. */
  readonly usage: Usage;
  /** Where the time went. */
  readonly timings: Timings;
}
