import { createHash } from 'node:crypto';
import type { ModelRegistry } from '../model-registry.ts';
import { isEmbeddingModel, isLanguageModel } from '../served-model.ts';
import type { ServedModel } from '../served-model.ts';
import { taggedName } from './model-names.ts';

/** What models in this process tell of themselves; those elsewhere, and those that are not loaded, tell none of it. */
export type KnownInfo = {
  readonly [Name in 'format' | 'architecture' | 'quantization' | 'chatTemplate']?: unknown;
} & { readonly [Name in 'parameterCount' | 'memoryBytes' | 'contextLength' | 'embeddingWidth' | 'vocabularySize']?: unknown };

/** What is known of a model at this moment. */
export function infoOf(models: ModelRegistry, name: string): KnownInfo {
  return (models.loadedAs(name)?.info ?? {}) as KnownInfo;
}

/** A model as Ollama's lists have it. */
export function listedModel(models: ModelRegistry, name: string): object {
  const info = infoOf(models, name);
  return {
    name: taggedName(name),
    model: taggedName(name),
    modified_at: modifiedAt(models),
    size: numberOf(info.memoryBytes),
    // Tells it from others; clients show its beginning. Nobody here has read all of its files.
    digest: createHash('sha256').update(name).digest('hex'),
    details: detailsOf(info),
  };
}

/** When the server took it up: when its files were written is not known here. */
export function modifiedAt(models: ModelRegistry): string {
  return new Date(models.created * 1000).toISOString();
}

export function detailsOf({ format, architecture, parameterCount, quantization }: KnownInfo): object {
  const family = textOf(architecture);
  return {
    parent_model: '',
    format: textOf(format),
    family,
    families: family === '' ? [] : [family],
    parameter_size: sizeOf(numberOf(parameterCount)),
    quantization_level: textOf(quantization),
  };
}

/** What a model can do, in Ollama's words. A model that is not loaded is not known to do anything. */
export function capabilitiesOf(model: ServedModel | undefined): string[] {
  if (!model) return [];
  const { chatTemplate } = model.info as KnownInfo;
  const template = textOf(chatTemplate);
  const writes = isLanguageModel(model);
  // What an engine elsewhere does with tools shows when it is asked.
  const isElsewhere = writes && chatTemplate === undefined;
  return [
    ...(writes ? ['completion'] : []),
    ...(isElsewhere || /\btools\b/.test(template) ? ['tools'] : []),
    ...(/enable_thinking|reasoning_effort|<think>/.test(template) ? ['thinking'] : []),
    ...(isEmbeddingModel(model) ? ['embedding'] : []),
  ];
}

function sizeOf(parameters: number): string {
  if (parameters === 0) return '';
  return parameters >= 1e9 ? `${(parameters / 1e9).toFixed(1)}B` : `${(parameters / 1e6).toFixed(2)}M`;
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
