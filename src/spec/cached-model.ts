import type { ModelFile } from './model-file.ts';

/** Which cache is meant. */
export interface CachedModelOptions {
  /**
   * Folder with downloaded files.
   *
   * @defaultValue the hub's shared cache (`HF_HUB_CACHE`, `HF_HOME`)
   */
  readonly cacheDir?: string | undefined;
}

/** What to remove from which cache. */
export interface RemoveCachedModelOptions extends CachedModelOptions {
  /**
   * Only this branch, tag or commit; what other revisions share with it stays.
   *
   * @defaultValue all there is of the repository
   */
  readonly revision?: string | undefined;
}

/** A repository of the hub, as far as it is in a cache. */
export interface CachedModel {
  /** Its name: `org/repo`. */
  readonly model: string;
  /** Its folder in the cache. */
  readonly path: string;
  /** What it takes on disk: each file once, and what unfinished downloads have brought. */
  readonly bytes: number;
  /** What unfinished downloads have brought. */
  readonly partialBytes: number;
  /** When a file was last read or written. Most systems note only the first reading of a day. */
  readonly lastUsedAt: Date;
  /** Its revisions, the newest first; none where no download was ever finished. */
  readonly revisions: readonly CachedRevision[];
}

/** A commit of a cached repository. */
export interface CachedRevision {
  readonly commit: string;
  /** Branches and tags that stood for it when it was downloaded. */
  readonly names: readonly string[];
  /** Bytes of its files. One that several revisions share counts for each. */
  readonly bytes: number;
  /** When a file was last added. */
  readonly lastModifiedAt: Date;
  readonly files: readonly CachedFile[];
}

/** A file of a cached repository. */
export interface CachedFile extends ModelFile {
  /** Its name in the repository, `/` between folders. */
  readonly name: string;
}

/** What was removed from a cache. */
export interface RemovedModel {
  /** The name that was passed. */
  readonly model: string;
  /** The commits that are gone. */
  readonly commits: readonly string[];
  readonly freedBytes: number;
}
