import { loadBinding } from '../native/load-binding.ts';
import { prepareLoad } from '../request/prepare-load.ts';
import type { LoadModelOptions } from '../spec/load-model-options.ts';
import type { Model } from './model.ts';
import { openModel } from './open-model.ts';

/**
 * Loads a model into this process, on threads of its own: the event loop stays free meanwhile.
 *
 * @param model - A repository of the Hugging Face hub (`'org/repo'`), which is downloaded once and then found on disk;
 *   the path of a `.gguf` file; or the path of a folder with a model in it.
 * @param options - How to find and load it. `isq` quantises the weights on the way in, `onProgress` shows how far it is,
 *   `abortSignal` cancels.
 * @returns The loaded model. Close it with `await model.close()`, or hold it by `await using`.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault, `model-not-found`, `invalid-model` and
 *   `unsupported-model` with the `file` at fault, `unsupported-device`, `download-failed`, `aborted`, `engine-failed`,
 *   `native-unavailable`. What was loaded up to then is freed.
 * @example
 * await using model = await loadModel('org/repo', {
 *   isq: 4,
 *   onProgress: ({ phase, done, total }) => console.log(phase, done, total),
 * });
 * const { text } = await model.streamPrompt('Hello!').result();
 */
export async function loadModel(model: string, options?: LoadModelOptions): Promise<Model> {
  return openModel(prepareLoad(model, options), loadBinding);
}
