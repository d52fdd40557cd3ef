import type { FailurePart } from '../spec/failure-part.ts';
import type { StreamPart } from '../spec/stream-part.ts';

/** Where the parts of many streams come from. Streams are told apart by an id that the router chooses. */
export interface StreamBackend {
  /**
   * Begins a generation. Resolves once its last part can be drained, or with `paused` once `pause` was called; the
   * pending promise is what keeps the process alive meanwhile.
   */
  submit(streamId: number, requestJson: string): Promise<string>;
  /** At most `max` of the parts produced since, in order; `more` says that some were left. */
  drain(max: number): { readonly parts: readonly [streamId: number, part: StreamPart | FailurePart][]; readonly more: boolean };
  /** Asks a generation to end. It still gives its last part. Unknown and ended ids are ignored. */
  cancel(streamId: number): void;
  /** Lays a generation aside. Unknown and ended ids are ignored. */
  pause(streamId: number): void;
  /** Lets a generation go on that was paused. Resolves as the promise of `submit` does, at once where it is over. */
  resume(streamId: number): Promise<string>;
  /** How many streams will be taken up before this one; `null` once it is. */
  queuePosition(streamId: number): number | null;
}

/** What a stream begins with: a checked request. */
export interface StreamRequest {
  readonly json: string;
  readonly abortSignal: AbortSignal | undefined;
}
