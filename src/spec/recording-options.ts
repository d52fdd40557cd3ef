import type { BufferOptions } from './buffering.ts';

/** What {@link recordStream} writes to besides files: a function that is given each line, its line break included. */
export type RecordingSink = (line: string) => unknown;

/** How {@link recordStream} records. */
export interface RecordOptions {
  /**
   * Whether the request is written too: prompt or messages, and how to generate. It holds no access tokens, but whatever
   * the messages hold.
   *
   * @defaultValue true
   */
  readonly includeRequest?: boolean | undefined;
  /**
   * Gives the time in milliseconds; a clock of one's own makes recordings that are the same each time.
   *
   * @defaultValue `performance.now`
   */
  readonly now?: (() => number) | undefined;
}

/** How {@link replayStream} replays. */
export interface ReplayOptions extends BufferOptions {
  /**
   * How fast: as it was recorded, all at once, or so many times as fast.
   *
   * @defaultValue `'recorded'`
   */
  readonly speed?: 'recorded' | 'instant' | number | undefined;
  /** Cancels, as that of a request does. */
  readonly abortSignal?: AbortSignal | undefined;
  /** As that of a request. */
  readonly firstTokenTimeoutMs?: number | undefined;
  /** As that of a request. */
  readonly idleTimeoutMs?: number | undefined;
}
