import type { FailurePart } from '../spec/failure-part.ts';
import type { StreamPart } from '../spec/stream-part.ts';

/** Where the parts of many streams come from. Streams are told apart by an id that the router chooses. */
export interface StreamBackend {
  /**
   * Begins a generation. Resolves once its last part can be drained; the pending promise is what keeps the process
   * alive meanwhile.
   */
  submit(streamId: number, requestJson: string): Promise<void>;
  /** At most `max` of the parts produced since, in order; `more` says that some were left. */
  drain(max: number): { readonly parts: readonly [streamId: number, part: StreamPart | FailurePart][]; readonly more: boolean };
  /** Asks a generation to end. It still gives its last part. Unknown and ended ids are ignored. */
  cancel(streamId: number): void;
}

/** What a stream begins with: a checked request. */
export interface StreamRequest {
  readonly json: string;
  readonly abortSignal: AbortSignal | undefined;
}
