import { AsyncLocalStorage } from 'node:async_hooks';
import { checkDownload } from '../request/check-file-tasks.ts';
import type { DownloadedModel, DownloadModelOptions, DownloadProgress } from '../spec/downloaded-model.ts';
import type { LoadProgress } from '../spec/load-progress.ts';
import { runFileTask } from './file-tasks.ts';
import { TransferRate } from './transfer-rate.ts';

/**
 * Downloads a model from the Hugging Face hub without loading it: `loadModel` finds it in the cache afterwards. What is
 * there already is not downloaded again, and a download that was stopped, here or by another program, is gone on with.
 * Runs on a thread of its own.
 *
 * @param model - What `loadModel` takes. Of a file or folder on disk it is only said what there is.
 * @param options - Which of its files, from where, and whom to tell.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault, `model-not-found`, `invalid-model` and
 *   `unsupported-model` with the `file` at fault (the architecture is checked before the weights come, where it is known
 *   by then), `download-failed`, `aborted`, `native-unavailable`.
 * @example
 * const { path } = await downloadModel('org/repo-GGUF', {
 *   file: 'Q4_K_M',
 *   onProgress: ({ done, total, bytesPerSecond }) => console.log(done, total, bytesPerSecond),
 * });
 */
export async function downloadModel(model: string, options?: DownloadModelOptions): Promise<DownloadedModel> {
  const { onProgress, ...task } = checkDownload(model, options);
  return runFileTask<DownloadedModel>(task, onProgress && rated(onProgress));
}

/** With the rate, and in the async context of the caller: the library would call in that of whatever loaded it. */
function rated(onProgress: (progress: DownloadProgress) => void): (progress: LoadProgress) => void {
  const inContext = AsyncLocalStorage.snapshot();
  const rate = new TransferRate();
  return (progress) => {
    const { phase, done, total } = progress;
    const bytesPerSecond = phase === 'download' ? (rate.add(performance.now(), done) ?? null) : null;
    const remainingMs = bytesPerSecond && total !== null ? ((total - done) / bytesPerSecond) * 1000 : null;
    inContext(() => onProgress({ ...progress, bytesPerSecond, remainingMs } as DownloadProgress));
  };
}
