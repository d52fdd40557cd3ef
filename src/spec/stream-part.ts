import type { FinishReason } from './finish-reason.ts';
import type { Timings } from './timings.ts';
import type { Usage } from './usage.ts';

/** A piece of the answer. */
export interface TextDeltaPart {
  readonly type: 'text-delta';
  /**
   * Text that follows the previous delta directly. Whole characters (code points) only, from one or several tokens; an
   * emoji made of several code points may arrive in several deltas.
   */
  readonly delta: string;
}

/** The last part of every stream that did not fail. */
export interface FinishPart {
  readonly type: 'finish';
  /** Why the generation ended. */
  readonly finishReason: FinishReason;
  /** Tokens read and written. */
  readonly usage: Usage;
  /** Where the time went. */
  readonly timings: Timings;
}

/**
 * What a stream yields, told apart by `type`. A stream that does not fail yields any number of `text-delta` parts and
 * then one `finish` part.
 *
 * Later versions may add types: a `switch` over `type` should let unknown ones pass.
 */
export type StreamPart = TextDeltaPart | FinishPart;
