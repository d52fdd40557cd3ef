import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { LanguageModel } from '../stream/language-model.ts';
import { callModel } from './call-model.ts';

/** How a model is shown to the AI SDK. `undefined` counts as left out. */
export interface TramontaneOptions {
  /**
   * What the AI SDK calls the model, in results and in telemetry.
   *
   * @defaultValue the name it was loaded by
   */
  readonly modelId?: string | undefined;
}

/**
 * A model for the AI SDK (ai 7): `streamText`, `generateText`, `generateObject` and everything else that takes a model
 * there. It may run in this process, behind a remote engine, or be several of them; it stays yours to close.
 *
 * **Stopping.** An abort frees the sequence at once, and so does cancelling the stream; a reader that is slow pauses the
 * generation. Whatever the signal's reason is, the error has the name `AbortError`.
 *
 * **Failing.** Errors are `TramontaneError`s with their `code`, and the AI SDK takes them for its `APICallError`: it
 * repeats calls that failed with `queue-full`, `rate-limited` or `connection-failed` before anything of an answer came.
 *
 * **Settings** that a model does not have are left out with a warning. What the AI SDK has no setting for goes into
 * `providerOptions.tramontane`, see {@link TramontaneProviderOptions}.
 *
 * @param model - What `loadModel`, `connect`, `poolModels` or `scriptedModel` gave.
 * @example
 * const { textStream } = streamText({ model: tramontane(await loadModel('./model.gguf')), prompt: 'Name three winds.' });
 * for await (const delta of textStream) process.stdout.write(delta);
 */
export function tramontane(model: LanguageModel, options: TramontaneOptions = {}): LanguageModelV4 {
  return { specificationVersion: 'v4', ...callModel(model, options.modelId) };
}
