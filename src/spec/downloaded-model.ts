import type { LoadProgress } from './load-progress.ts';
import type { ModelFile } from './model-file.ts';
import type { ModelReferenceOptions } from './model-reference-options.ts';

/** How to download a model. All fields are optional, and `undefined` counts as left out. */
export interface DownloadModelOptions extends ModelReferenceOptions {
  /**
   * Called on the event loop, about 25 times a second at most, and not once the download is over. If it throws, the
   * download is cancelled and rejects with what was thrown.
   */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /**
   * Cancels the download: it rejects with code `aborted` and the signal's reason as `cause`, once no more is written.
   * What has come is kept, and the next call goes on from there.
   */
  readonly abortSignal?: AbortSignal | undefined;
}

/** How far a download has come. `done` and `total` count the files that were not in the cache as a whole. */
export interface DownloadProgress extends LoadProgress {
  readonly phase: 'resolve' | 'download';
  readonly unit: 'bytes';
  /** How fast it was in the last few seconds; `null` until that is known. */
  readonly bytesPerSecond: number | null;
  /** Until all is here, if it goes on like that; `null` until that is known. */
  readonly remainingMs: number | null;
}

/** A model that is on disk as a whole. */
export interface DownloadedModel {
  /** The name that was passed. */
  readonly model: string;
  /** The kind of its files. */
  readonly format: 'gguf' | 'safetensors' | 'uqff';
  /** What `loadModel` can be given in place of the name: a file, or the folder. */
  readonly path: string;
  /** All files that a load reads. */
  readonly files: readonly ModelFile[];
  /** Bytes of these files. */
  readonly bytes: number;
  /** Bytes that this call brought; 0 where everything was on disk. */
  readonly downloadedBytes: number;
}
