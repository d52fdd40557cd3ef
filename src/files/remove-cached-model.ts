import { checkRemoveCached } from '../request/check-file-tasks.ts';
import type { RemoveCachedModelOptions, RemovedModel } from '../spec/cached-model.ts';
import { runFileTask } from './file-tasks.ts';

/**
 * Deletes a model's files from the cache of the Hugging Face hub, unfinished downloads included. Models that are loaded go
 * on working, except on Windows, where open files cannot be deleted.
 *
 * @param model - The repository: `'org/repo'`. Files and folders elsewhere are not deleted.
 * @throws {TramontaneError} `model-not-found` where it is not in the cache, `model-busy` while it is being downloaded,
 *   `cache-failed` with the `file` that cannot be deleted, `invalid-argument` with the `field` at fault,
 *   `native-unavailable`.
 * @example
 * const { freedBytes } = await removeCachedModel('org/repo');
 */
export async function removeCachedModel(model: string, options?: RemoveCachedModelOptions): Promise<RemovedModel> {
  return runFileTask<RemovedModel>(checkRemoveCached(model, options));
}
