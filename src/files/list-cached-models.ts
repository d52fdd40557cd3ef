import { checkListCached } from '../request/check-file-tasks.ts';
import type { CachedModel, CachedModelOptions, CachedRevision } from '../spec/cached-model.ts';
import { runFileTask } from './file-tasks.ts';

interface NativeCachedModel extends Omit<CachedModel, 'lastUsedAt' | 'revisions'> {
  readonly lastUsedMs: number;
  readonly revisions: readonly NativeCachedRevision[];
}

interface NativeCachedRevision extends Omit<CachedRevision, 'lastModifiedAt'> {
  readonly lastModifiedMs: number;
}

/**
 * The models of the Hugging Face hub that are in the cache, whoever brought them there, by name. Reads folders on a thread
 * of its own, and no file's contents.
 *
 * @returns None where there is no cache yet.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault, `native-unavailable`.
 * @example
 * for (const { model, bytes } of await listCachedModels()) console.log(model, bytes);
 */
export async function listCachedModels(options?: CachedModelOptions): Promise<CachedModel[]> {
  const models = await runFileTask<NativeCachedModel[]>(checkListCached(options));
  return models.map(dated);
}

function dated({ lastUsedMs, revisions, ...model }: NativeCachedModel): CachedModel {
  return { ...model, lastUsedAt: new Date(lastUsedMs), revisions: revisions.map(datedRevision) };
}

function datedRevision({ lastModifiedMs, ...revision }: NativeCachedRevision): CachedRevision {
  return { ...revision, lastModifiedAt: new Date(lastModifiedMs) };
}
