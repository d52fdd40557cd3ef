import { loadBinding } from '../native/load-binding.ts';
import type { NativeEmbeddingModel } from '../native/native-binding.ts';
import { ProgressReport } from '../native/progress-report.ts';
import { prepareEmbeddingLoad } from '../request/prepare-load.ts';
import type { EmbeddingModelInfo } from '../spec/embedding-model-info.ts';
import type { LoadEmbeddingModelOptions } from '../spec/load-embedding-model-options.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { abortedLoad, awaitLoad } from './await-load.ts';
import { EmbeddingModel } from './embedding-model.ts';

/**
 * Loads a model that turns texts into vectors into this process, on threads of its own. The engine runs
 * Qwen3-Embedding and EmbeddingGemma, from safetensors; it does not run models of BERT's kind (bge, e5, gte, nomic).
 *
 * @param model - A repository of the Hugging Face hub (`'org/repo'`), which is downloaded once and then found on disk, or
 *   the path of a folder with the same files, `modules.json` among them.
 * @param options - How to find and load it, as for {@link loadModel}.
 * @returns The loaded model. Close it with `await model.close()`, or hold it by `await using`.
 * @throws {TramontaneError} Those of {@link loadModel}; `unsupported-model` for a model that generates text.
 * @example
 * await using model = await loadEmbeddingModel('org/repo');
 * const { embeddings } = await model.embed(['A mild day', 'Sunny weather']);
 */
export async function loadEmbeddingModel(model: string, options?: LoadEmbeddingModelOptions): Promise<EmbeddingModel> {
  const { json, abortSignal, onProgress } = prepareEmbeddingLoad(model, options);
  if (abortSignal?.aborted) throw abortedLoad(abortSignal);
  const { NativeEmbeddingModel } = loadBinding();
  const progress = new ProgressReport(onProgress);
  let native: NativeEmbeddingModel;
  try {
    native = new NativeEmbeddingModel(json, progress.report);
  } catch (cause) {
    throw new TramontaneError('engine-failed', 'the engine could not begin to load', { cause });
  }
  const { info, releaseExit } = await awaitLoad<EmbeddingModelInfo>(native, abortSignal, progress);
  return EmbeddingModel.of(native, info, releaseExit);
}
