import type { CachedModelOptions, RemoveCachedModelOptions } from '../spec/cached-model.ts';
import type { DownloadModelOptions, DownloadProgress } from '../spec/downloaded-model.ts';
import type { InspectModelOptions } from '../spec/model-description.ts';
import { checkModelReference, referenceOptions } from './check-model-reference.ts';
import {
  checkAbortSignal,
  checkFilledText,
  checkFunction,
  checkInteger,
  checkOptions,
  guardCheck,
  largestCount,
  wrongValue,
} from './check-value.ts';

/** Work on models' files that was checked and copied. */
export interface FileTask {
  /** What the native library is given. */
  readonly json: string;
  readonly abortSignal?: AbortSignal | undefined;
}

export interface DownloadTask extends FileTask {
  readonly onProgress: ((progress: DownloadProgress) => void) | undefined;
}

const downloadOptions = Object.keys({
  ...referenceOptions,
  onProgress: true,
  abortSignal: true,
} satisfies Record<keyof DownloadModelOptions, true>);
const inspectOptions = Object.keys({
  ...referenceOptions,
  contextLength: true,
  abortSignal: true,
} satisfies Record<keyof InspectModelOptions, true>);
const cacheOptions = Object.keys({ cacheDir: true } satisfies Record<keyof CachedModelOptions, true>);
const removeOptions = Object.keys({
  cacheDir: true,
  revision: true,
} satisfies Record<keyof RemoveCachedModelOptions, true>);

/** Checks what `downloadModel` was given. Throws `invalid-argument`, as all below. */
export function checkDownload(model: unknown, options: unknown): DownloadTask {
  return guardCheck('options', () => {
    const checked = checkOptions(options, 'options', downloadOptions);
    return {
      json: JSON.stringify({ task: 'download', ...checkModelReference(model, checked) }),
      abortSignal: checkAbortSignal(checked['abortSignal'], 'abortSignal'),
      onProgress: checkFunction(checked['onProgress'], 'onProgress'),
    };
  });
}

/** Checks what `inspectModel` was given. */
export function checkInspect(model: unknown, options: unknown): FileTask {
  return guardCheck('options', () => {
    const checked = checkOptions(options, 'options', inspectOptions);
    const contextLength = checkInteger(checked['contextLength'], 'contextLength', { min: 1, max: largestCount });
    return {
      json: JSON.stringify({ task: 'inspect', ...checkModelReference(model, checked), contextLength }),
      abortSignal: checkAbortSignal(checked['abortSignal'], 'abortSignal'),
    };
  });
}

/** Checks what `listCachedModels` was given. */
export function checkListCached(options: unknown): FileTask {
  return guardCheck('options', () => {
    const checked = checkOptions(options, 'options', cacheOptions);
    return { json: JSON.stringify({ task: 'list-cached', cacheDir: checkFilledText(checked['cacheDir'], 'cacheDir') }) };
  });
}

/** Checks what `removeCachedModel` was given. */
export function checkRemoveCached(model: unknown, options: unknown): FileTask {
  return guardCheck('options', () => {
    const checked = checkOptions(options, 'options', removeOptions);
    const name = checkFilledText(model, 'model');
    if (name === undefined) throw wrongValue('model', 'the name of a hub repository', model);
    const cacheDir = checkFilledText(checked['cacheDir'], 'cacheDir');
    const revision = checkFilledText(checked['revision'], 'revision');
    return { json: JSON.stringify({ task: 'remove-cached', model: name, cacheDir, revision }) };
  });
}
