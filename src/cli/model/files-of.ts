import type { ModelReferenceOptions } from '../../index.ts';
import type { ValuesOf } from '../arguments/option.ts';
import { CommandError } from '../command-error.ts';
import type { fileOptions } from './model-options.ts';
import { modelReference } from './reference.ts';

/**
 * The model whose files a command is about, and how to find them.
 *
 * @throws {CommandError} Where it is behind a remote engine: its files are not to be had.
 */
export function filesOf(
  text: string,
  values: Partial<ValuesOf<typeof fileOptions>>,
): { readonly model: string; readonly options: ModelReferenceOptions } {
  const reference = modelReference(text);
  if (reference.kind === 'remote') throw CommandError.usage(`${text} is behind a remote engine, which has its files`);
  const { revision, endpoint, offline, 'cache-dir': cacheDir } = values;
  const file = values.file ?? reference.file;
  return { model: reference.model, options: { file, revision, cacheDir, endpoint, ...(offline ? { offline } : {}) } };
}
