import type { EmbeddingModelV3, LanguageModelV3 } from '@ai-sdk/provider';
import { embeddingModelOf, languageModelOf, refuseImages } from '../model-table.ts';
import type { ModelTable } from '../model-table.ts';
import { tramontaneEmbedding } from './tramontane-embedding.ts';
import { tramontane } from './tramontane.ts';

/** A provider of the AI SDK 6, for its registries, or to be called with a name. */
export interface TramontaneProvider {
  (modelId: string): LanguageModelV3;
  readonly specificationVersion: 'v3';
  languageModel(modelId: string): LanguageModelV3;
  embeddingModel(modelId: string): EmbeddingModelV3;
  /** Throws always: there are no models for images. */
  imageModel(modelId: string): never;
}

/**
 * A provider of the AI SDK 6 with several models, by names of your own. Otherwise as `createTramontane` of
 * `tramontane/ai-sdk`.
 *
 * @param options - `models`: what is behind each name; they stay yours to close.
 */
export function createTramontane({ models }: { readonly models: ModelTable }): TramontaneProvider {
  const languageModel = (modelId: string) => tramontane(languageModelOf(models, modelId), { modelId });
  return Object.assign((modelId: string) => languageModel(modelId), {
    specificationVersion: 'v3' as const,
    languageModel,
    embeddingModel: (modelId: string) => tramontaneEmbedding(embeddingModelOf(models, modelId), { modelId }),
    imageModel: refuseImages,
  });
}
