import type { ErrorCode } from './error-code.ts';
import type { Timings } from './timings.ts';
import type { Usage } from './usage.ts';

/**
 * How a source of parts reports that a generation failed. It never reaches a consumer as a part: the stream throws it as
 * a `TramontaneError` in this place.
 */
export interface FailurePart {
  readonly type: 'error';
  readonly error: Failure;
  /** Absent, as `timings` is, where nothing was begun: the error then has no `partial`. */
  readonly usage?: Usage;
  readonly timings?: Timings;
}

/** A failure before it is thrown: the plain data of a `TramontaneError`. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly field?: string;
  readonly file?: string;
  readonly retryAfterMs?: number;
  /** What is behind it, where it was made in this process. */
  readonly cause?: unknown;
}
