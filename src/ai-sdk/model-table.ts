import { TramontaneError } from '../spec/tramontane-error.ts';
import type { LanguageModel } from '../stream/language-model.ts';
import type { EmbeddingSource } from './embedding-calls.ts';

/** Models by names. */
export type ModelTable = Readonly<Record<string, LanguageModel | EmbeddingSource>>;

type ModelType = 'languageModel' | 'embeddingModel' | 'imageModel';

export function languageModelOf(models: ModelTable, modelId: string): LanguageModel {
  const model = modelOf(models, modelId, 'languageModel');
  if ('streamChat' in model) return model;
  throw new TramontaneError('invalid-argument', `the model "${modelId}" has embeddings only`, { field: 'modelId' });
}

export function embeddingModelOf(models: ModelTable, modelId: string): EmbeddingSource {
  const model = modelOf(models, modelId, 'embeddingModel');
  if ('embed' in model) return model;
  throw new TramontaneError('invalid-argument', `the model "${modelId}" has no embeddings`, { field: 'modelId' });
}

export function refuseImages(modelId: string): never {
  throw noSuchModel('there are no models for images', modelId, 'imageModel');
}

function modelOf(models: ModelTable, modelId: string, modelType: ModelType): LanguageModel | EmbeddingSource {
  if (Object.hasOwn(models, modelId)) return models[modelId] as LanguageModel | EmbeddingSource;
  const names = Object.keys(models).map((name) => `"${name}"`);
  throw noSuchModel(`there is no model "${modelId}"; there are ${names.join(', ') || 'none'}`, modelId, modelType);
}

/** The AI SDK knows its own errors by symbols of the global registry, and what this one is about by two properties. */
function noSuchModel(message: string, modelId: string, modelType: ModelType): TramontaneError {
  const error = Object.assign(new TramontaneError('model-not-found', message, { field: 'modelId' }), { modelId, modelType });
  for (const name of ['vercel.ai.error', 'vercel.ai.error.AI_NoSuchModelError']) {
    Object.defineProperty(error, Symbol.for(name), { value: true });
  }
  return error;
}
