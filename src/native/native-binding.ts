/**
 * What the native library exports. Text crosses as JSON; nothing here throws for bad contents: they come back as an
 * `error` value or an `error` part.
 */
export interface NativeBinding {
  readonly NativeModel: NativeModelConstructor;
  readonly NativeEmbeddingModel: NativeEmbeddingModelConstructor;
  readonly NativeModelFiles: NativeModelFilesConstructor;
}

export interface NativeModelConstructor {
  /**
   * Starts loading on a thread of its own. `bell` is called when `drain` has something, `onProgress` with the JSON of a
   * `LoadProgress`. Neither keeps the process alive.
   */
  new (optionsJson: string, bell: () => void, onProgress: (progressJson: string) => void): NativeModel;
}

export interface NativeModel {
  /** Call once. Resolves with the JSON of `{ info }` or `{ error }`. Keeps the process alive while pending. */
  loaded(): Promise<string>;
  /**
   * Queues a generation under a `streamId` that no other live stream of this model has. Resolves with `''` when its last
   * part can be drained, or with `'paused'` when it is paused, and keeps the process alive until then.
   */
  submit(streamId: number, requestJson: string): Promise<string>;
  /** What all streams have produced since, as the JSON of `{ parts: [streamId, part][], more }`. */
  drain(max: number): string;
  /** Ends a stream, which gives a finish part with finishReason `aborted`. Any id, any time, any number of times. */
  cancel(streamId: number): void;
  /** Lays a stream aside, and settles its pending promise. Any id, any time, any number of times. */
  pause(streamId: number): void;
  /**
   * Lets a stream go on that is paused. The promise is as that of `submit`, and takes its place; it resolves at once
   * where the stream is over.
   */
  resume(streamId: number): Promise<string>;
  /** How many streams will be taken up before this one; `null` once it is taken up, and for unknown ids. */
  queuePosition(streamId: number): number | null;
  /** What a request comes to without running it: the JSON of a `TokenCount` or of `{ error }`. */
  countTokens(requestJson: string): Promise<string>;
  /** What the text side answers to a task: the JSON of `{ result }` or `{ error }`. */
  answer(taskJson: string): Promise<string>;
  /** For tests: the engine's thread dies at its next step, as if it had crashed. */
  killEngine(): void;
  /** The JSON of a `ModelMetrics`. */
  metrics(): string;
  /** Cancels a load or all streams and frees the weights; resolves when they are freed. */
  close(): Promise<void>;
  /** Ends everything without the event loop, waiting at most `waitMs`: for the `exit` event. */
  shutdown(waitMs: number): void;
}

export interface NativeEmbeddingModelConstructor {
  /** Starts nothing yet. `onProgress` is called with the JSON of a `LoadProgress`, and does not keep the process alive. */
  new (optionsJson: string, onProgress: (progressJson: string) => void): NativeEmbeddingModel;
}

export interface NativeEmbeddingModel {
  /** Loads; as that of a `NativeModel`. */
  loaded(): Promise<string>;
  /**
   * Embeds texts under a `callId` that no other call has that is under way. Resolves with the JSON of `{ result }` or
   * `{ error }`, and keeps the process alive until then.
   */
  embed(callId: number, texts: string[]): Promise<string>;
  /** The vectors of a call that has resolved with a result, one after the other. Once. */
  take(callId: number): Float32Array;
  /** Has a call end early, which gives its error. Any id, any time, any number of times. */
  cancel(callId: number): void;
  /** Cancels a load or all calls and frees the weights; resolves when they are freed. */
  close(): Promise<void>;
  /** Ends everything without the event loop, waiting at most `waitMs`: for the `exit` event. */
  shutdown(waitMs: number): void;
}

export interface NativeModelFilesConstructor {
  /** `onProgress` is called with the JSON of `{ taskId, progress }`. It does not keep the process alive. */
  new (onProgress: (progressJson: string) => void): NativeModelFiles;
}

/** Models' files, without loading them. */
export interface NativeModelFiles {
  /**
   * Does what `taskJson` asks for, on a thread of its own, under a `taskId` that no other task has that runs. Resolves with
   * the JSON of `{ result }` or `{ error }`, and keeps the process alive until then.
   */
  run(taskId: number, taskJson: string): Promise<string>;
  /** Has a task end early, which gives its error. Any id, any time, any number of times. */
  cancel(taskId: number): void;
}
