import type { FailurePart } from '../spec/failure-part.ts';
import type { StreamPart } from '../spec/stream-part.ts';

/** A stream as it was recorded. */
export interface Recording {
  readonly model?: string;
  /** The request as the engine was given it. */
  readonly request?: unknown;
  /** At least one; the last is a `finish` or an `error`. */
  readonly parts: readonly TimedPart[];
}

/** A part and when it came, in milliseconds since the stream began. */
export interface TimedPart {
  readonly atMs: number;
  readonly part: StreamPart | FailurePart;
}

/** The version of the file format, which its first line gives. */
export const formatVersion = 1;
