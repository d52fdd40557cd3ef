import type { EmbeddingModelV4, LanguageModelV4 } from '@ai-sdk/provider';
import { embeddingModelOf, languageModelOf, refuseImages } from './model-table.ts';
import type { ModelTable } from './model-table.ts';
import { tramontaneEmbedding } from './tramontane-embedding.ts';
import { tramontane } from './tramontane.ts';

/** A provider of the AI SDK (ai 7), for `createProviderRegistry` and `customProvider`, or to be called with a name. */
export interface TramontaneProvider {
  (modelId: string): LanguageModelV4;
  readonly specificationVersion: 'v4';
  languageModel(modelId: string): LanguageModelV4;
  embeddingModel(modelId: string): EmbeddingModelV4;
  /** Throws always: there are no models for images. */
  imageModel(modelId: string): never;
}

/**
 * A provider of the AI SDK with several models, by names of your own. The models stay yours to close.
 *
 * @param options - `models`: what is behind each name.
 * @throws {TramontaneError} From its methods: `model-not-found` for a name that is not among them, which the AI SDK takes
 *   for its `NoSuchModelError`; `invalid-argument` where the model has no embeddings.
 * @example
 * const provider = createTramontane({ models: { chat: await loadModel('./model.gguf'), embed: connect('ollama:nomic-embed-text') } });
 * await generateText({ model: provider('chat'), prompt: 'Name three winds.' });
 */
export function createTramontane({ models }: { readonly models: ModelTable }): TramontaneProvider {
  const languageModel = (modelId: string) => tramontane(languageModelOf(models, modelId), { modelId });
  return Object.assign((modelId: string) => languageModel(modelId), {
    specificationVersion: 'v4' as const,
    languageModel,
    embeddingModel: (modelId: string) => tramontaneEmbedding(embeddingModelOf(models, modelId), { modelId }),
    imageModel: refuseImages,
  });
}
