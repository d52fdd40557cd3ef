import type { LanguageModelV3 } from '@ai-sdk/provider';
import type { LanguageModel } from '../../stream/language-model.ts';
import { callModel } from '../call-model.ts';
import type { TramontaneOptions } from '../tramontane.ts';

/**
 * A model for the AI SDK 6, whose specification is version 3. Otherwise as `tramontane` of `tramontane/ai-sdk`: the same
 * parts, warnings, errors and ways of stopping.
 *
 * @param model - What `loadModel`, `connect`, `poolModels` or `scriptedModel` gave; it stays yours to close.
 */
export function tramontane(model: LanguageModel, options: TramontaneOptions = {}): LanguageModelV3 {
  return { specificationVersion: 'v3', ...callModel(model, options.modelId) };
}
