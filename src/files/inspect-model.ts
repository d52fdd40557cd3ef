import { fromNativeError } from '../native/from-native-error.ts';
import type { NativeError } from '../native/from-native-error.ts';
import { checkInspect } from '../request/check-file-tasks.ts';
import type { InspectModelOptions, ModelDescription } from '../spec/model-description.ts';
import { runFileTask } from './file-tasks.ts';

/**
 * Describes a model without loading it: its sizes, types, tokenizer and chat template, whether it can be loaded, and what
 * memory it would take. Reads the headers of its files on a thread of its own, and none of its weights.
 *
 * @param model - A `.gguf` file, a folder, or a repository of the hub (`'org/repo'`) that is in the cache.
 * @throws {TramontaneError} `model-not-found` (download a repository first), `invalid-model` with the `file` that is
 *   damaged, `invalid-argument` with the `field` at fault, `aborted`, `native-unavailable`. A model that cannot be loaded
 *   is no error: `problem` says why.
 * @example
 * const { architecture, parameterCount, memory } = await inspectModel('model.gguf', { contextLength: 8192 });
 */
export async function inspectModel(model: string, options?: InspectModelOptions): Promise<ModelDescription> {
  const description = await runFileTask<Omit<ModelDescription, 'runnable' | 'problem'> & { problem: NativeError | null }>(
    checkInspect(model, options),
  );
  const problem = description.problem && fromNativeError(description.problem);
  return {
    ...description,
    runnable: problem === null,
    problem: problem && { code: problem.code, message: problem.message },
  };
}
