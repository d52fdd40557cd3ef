import type { EmbeddingResult } from '../spec/embedding-result.ts';
import type { LanguageModel } from '../stream/language-model.ts';

/**
 * What a server needs of a model that turns texts into vectors and generates none: an `EmbeddingModel` has it. A
 * {@link LanguageModel} that has `embed` too, as a remote one, serves both.
 */
export interface ServedEmbeddingModel {
  /** What is known of it; at least its name. */
  readonly info: { readonly model: string };
  /** A vector for each text. */
  embed(texts: readonly string[], options?: { readonly abortSignal?: AbortSignal | undefined }): Promise<EmbeddingResult>;
  /** Frees what the model holds. Any number of times. */
  close(): Promise<void>;
}

/** A model of either kind. */
export type ServedModel = LanguageModel | ServedEmbeddingModel;

/** Whether it is a model already, or one to be loaded. */
export function isServedModel(value: unknown): value is ServedModel {
  return isLanguageModel(value) || isEmbeddingModel(value);
}

/** Whether it generates text. */
export function isLanguageModel(value: unknown): value is LanguageModel {
  return hasMethod(value, 'streamChoices');
}

/** Whether it turns texts into vectors, besides whatever else it does. */
export function isEmbeddingModel(value: unknown): value is ServedEmbeddingModel {
  return hasMethod(value, 'embed');
}

function hasMethod(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && typeof (value as Readonly<Record<string, unknown>>)[name] === 'function';
}
