import type { LoadModelOptions } from './load-model-options.ts';
import type { ModelReferenceOptions } from './model-reference-options.ts';

/** How to find and load an embedding model. All fields are optional, and `undefined` counts as left out. */
export interface LoadEmbeddingModelOptions
  extends ModelReferenceOptions,
    Pick<LoadModelOptions, 'device' | 'isq' | 'dtype' | 'threads' | 'onProgress' | 'abortSignal'> {
  /**
   * The most tokens a text may have; a positive integer. A text takes four bytes for each pair of its tokens while it is
   * computed: 256 MB where it has 8,192.
   *
   * @defaultValue what the model was trained for, at most 8192
   */
  readonly contextLength?: number | undefined;
}
