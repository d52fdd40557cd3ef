import type { AnyStreamPart } from '../spec/agent-part.ts';
import type { Generation } from '../stream/generation.ts';

/** What a run is held to by the stream that reads it. */
export interface RunControl {
  /** Raised once the run is cancelled. */
  readonly signal: AbortSignal;
  deliver(part: AnyStreamPart): void;
  /** Resolves when the run may go on: it is not paused, and somebody awaits a part; at once where it is cancelled. */
  wanted(): Promise<void>;
  /** Resolves when the run is not paused; at once where it is cancelled. */
  unpaused(): Promise<void>;
  /** The answer that is being read from now on, which is paused and cancelled with the run. */
  follow(answer: Generation): void;
}
