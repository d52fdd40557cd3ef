import type { EmbeddingModelV3 } from '@ai-sdk/provider';
import { embeddingCalls } from '../embedding-calls.ts';
import type { EmbeddingSource } from '../embedding-calls.ts';
import type { TramontaneOptions } from '../tramontane.ts';

/**
 * A model for `embed` and `embedMany` of the AI SDK 6. Otherwise as `tramontaneEmbedding` of `tramontane/ai-sdk`.
 *
 * @param model - What has an `embed` method, such as the result of `connect`.
 */
export function tramontaneEmbedding(model: EmbeddingSource, options: TramontaneOptions = {}): EmbeddingModelV3 {
  return { specificationVersion: 'v3', ...embeddingCalls(model, options.modelId) };
}
