import type { EmbeddingModelV4 } from '@ai-sdk/provider';
import { embeddingCalls } from './embedding-calls.ts';
import type { EmbeddingSource } from './embedding-calls.ts';
import type { TramontaneOptions } from './tramontane.ts';

/**
 * A model for `embed` and `embedMany` of the AI SDK (ai 7). Errors are as those of {@link tramontane}; dimensions cannot
 * be chosen, which a warning says.
 *
 * @param model - What has an `embed` method, such as the result of `connect`; it stays yours to close.
 * @example
 * const model = tramontaneEmbedding(connect('ollama:nomic-embed-text'));
 * const { embeddings } = await embedMany({ model, values: ['sirocco', 'mistral'] });
 */
export function tramontaneEmbedding(model: EmbeddingSource, options: TramontaneOptions = {}): EmbeddingModelV4 {
  return { specificationVersion: 'v4', ...embeddingCalls(model, options.modelId) };
}
