import type { EmbeddingModelV4CallOptions } from '@ai-sdk/provider';
import type { EmbeddingResult } from '../spec/embedding-result.ts';
import { abortError, callError } from './call-error.ts';
import type { CallWarning } from './call-part.ts';

/** A model that turns texts into vectors. */
export interface EmbeddingSource {
  /** At least its name. */
  readonly info: { readonly model: string };
  embed(texts: readonly string[], options?: { readonly abortSignal?: AbortSignal | undefined }): Promise<EmbeddingResult>;
}

/** Vectors as the AI SDK takes them. */
interface EmbeddedValues {
  readonly embeddings: number[][];
  readonly usage?: { tokens: number };
  readonly warnings: CallWarning[];
}

/** What versions 3 and 4 of the AI SDK's specification have in common. */
export interface EmbeddingCalls {
  readonly provider: 'tramontane';
  readonly modelId: string;
  readonly maxEmbeddingsPerCall: number;
  readonly supportsParallelCalls: boolean;
  doEmbed(call: EmbeddingModelV4CallOptions): Promise<EmbeddedValues>;
}

/** A model of embeddings as the AI SDK calls it. */
export function embeddingCalls(model: EmbeddingSource, modelId = model.info.model): EmbeddingCalls {
  return {
    provider: 'tramontane',
    modelId,
    // The most that `embed` takes at once.
    maxEmbeddingsPerCall: 2048,
    supportsParallelCalls: true,
    async doEmbed({ values, dimensions, abortSignal }) {
      if (abortSignal?.aborted) throw abortError(abortSignal);
      try {
        const { embeddings, inputTokens } = await model.embed(values, { abortSignal });
        return {
          embeddings: embeddings.map((embedding) => embedding.slice()),
          ...(inputTokens > 0 && { usage: { tokens: inputTokens } }),
          warnings: dimensions === undefined ? [] : [{ type: 'unsupported', feature: 'dimensions' }],
        };
      } catch (error) {
        throw abortSignal?.aborted ? abortError(abortSignal) : callError(error, model);
      }
    },
  };
}
