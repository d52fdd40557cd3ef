import type { Model } from '../engine/model.ts';
import { openModel } from '../engine/open-model.ts';
import { loadBinding } from '../native/load-binding.ts';
import { checkAbortSignal, checkFunction, checkOptions, guardCheck } from '../request/check-value.ts';
import type { LoadModelOptions } from '../spec/load-model-options.ts';
import { checkScript } from './check-script.ts';
import type { Script } from './script.ts';

/** What of loading a scripted model shares with loading a real one. */
export type ScriptedModelOptions = Pick<LoadModelOptions, 'abortSignal' | 'onProgress'>;

/**
 * Loads a model that answers by a script, in milliseconds and without a file. Everything is real but the weights: it has
 * a tokenizer with a token per byte, the ChatML template, a context to overflow, stop sequences, metrics; and so it needs
 * the native library. Sampling options are accepted and change nothing.
 *
 * @param script - What it answers, how fast, and where it fails.
 * @throws {TramontaneError} `invalid-argument` with the `field` of the script at fault, `aborted`, `native-unavailable`.
 * @example
 * await using model = await scriptedModel({ replies: ['Hello!', { text: 'Too slow', stepMs: 50 }] });
 * assert.equal((await model.streamPrompt('Hi').result()).text, 'Hello!');
 */
export async function scriptedModel(script: Script, options?: ScriptedModelOptions): Promise<Model> {
  const json = checkScript(script);
  const load = guardCheck('options', () => {
    const checked = checkOptions(options, 'options', ['abortSignal', 'onProgress']);
    return {
      abortSignal: checkAbortSignal(checked['abortSignal'], 'abortSignal'),
      onProgress: checkFunction(checked['onProgress'], 'onProgress'),
    };
  });
  return openModel({ json, ...load }, loadBinding);
}
