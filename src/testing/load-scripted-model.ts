import type { Model } from '../engine/model.ts';
import type { Load } from '../engine/open-model.ts';
import { openModel } from '../engine/open-model.ts';
import { loadBinding } from '../native/load-binding.ts';

/** What a scripted model answers, and how fast. */
export interface Script {
  /** The n-th stream gets the n-th reply, and beyond the last they begin anew. */
  readonly replies: readonly ScriptedReply[];
  /** @defaultValue 4096 */
  readonly contextLength?: number;
  /** How long loading takes. @defaultValue 0 */
  readonly loadMs?: number;
}

/** One answer. It has one token per UTF-8 byte of `text`, and then the token that ends it. */
export interface ScriptedReply {
  readonly text: string;
  /** How long reading the prompt takes. @defaultValue 0 */
  readonly prefillMs?: number;
  /** How long each token takes. @defaultValue 0 */
  readonly stepMs?: number;
  /** After how many tokens the engine fails; `null` for never. @defaultValue null */
  readonly failAfterTokens?: number | null;
}

/** Loads a model that answers by `script`: everything is real but the weights, so it needs the native library. */
export async function loadScriptedModel(script: Script, options: Partial<Omit<Load, 'json'>> = {}): Promise<Model> {
  const { abortSignal, onProgress } = options;
  return openModel({ json: JSON.stringify({ scripted: script }), abortSignal, onProgress }, loadBinding);
}
