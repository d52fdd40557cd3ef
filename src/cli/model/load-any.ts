import { loadEmbeddingModel, loadModel, TramontaneError } from '../../index.ts';
import type { EmbeddingModel, LoadEmbeddingModelOptions, LoadModelOptions, Model } from '../../index.ts';

/**
 * Loads a model of either kind. Its files decide which it is, and each load refuses the other's before it downloads
 * weights.
 *
 * @throws {TramontaneError} As `loadModel`, and as `loadEmbeddingModel` where it is one.
 */
export async function loadAny(model: string, options: LoadModelOptions): Promise<Model | EmbeddingModel> {
  try {
    return await loadModel(model, options);
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    return await loadEmbeddingModel(model, embeddingOptions(options)).catch((other: unknown) => {
      throw isUnsupported(other) ? error : other;
    });
  }
}

/** Those of the options that embedding models have. */
function embeddingOptions(options: LoadModelOptions): LoadEmbeddingModelOptions {
  const { file, revision, cacheDir, endpoint, offline, device, isq, dtype, contextLength, threads, onProgress, abortSignal } = options;
  return { file, revision, cacheDir, endpoint, offline, device, isq, dtype, contextLength, threads, onProgress, abortSignal };
}

function isUnsupported(error: unknown): boolean {
  return TramontaneError.isInstance(error) && error.code === 'unsupported-model';
}
