import { wrongValue } from '../../request/check-value.ts';
import type { GenerateOptions } from '../../spec/generate-options.ts';
import type { Spelling } from '../openai/field-names.ts';

/** What `options` calls ours (docs.ollama.com/modelfile#parameter). */
const ours = {
  num_predict: 'maxOutputTokens',
  temperature: 'temperature',
  top_k: 'topK',
  top_p: 'topP',
  min_p: 'minP',
  seed: 'seed',
  stop: 'stopSequences',
  repeat_penalty: 'repetitionPenalty',
  presence_penalty: 'presencePenalty',
  frequency_penalty: 'frequencyPenalty',
} as const satisfies Record<string, keyof GenerateOptions>;

/** How a caller has spelt them. */
export const optionSpelling: Spelling = Object.entries(ours).map(([theirs, name]) => [new RegExp(`\\b${name}\\b`, 'g'), `options.${theirs}`]);

/**
 * `options` in our words. Their ranges are the engine's to check. As at Ollama others are passed over: how a model is
 * loaded (`num_ctx`, `num_gpu`) is said where it is served, and further ways of sampling are not to be had.
 *
 * @throws {TramontaneError} `invalid-argument`
 */
export function readOptions(value: unknown): GenerateOptions {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongValue('options', 'an object', value);
  const given = value as Readonly<Record<string, unknown>>;
  const entries = Object.entries(ours).map(([theirs, name]) => [name, meant(theirs, given[theirs] ?? undefined)] as const);
  return Object.fromEntries(entries.filter(([, option]) => option !== undefined));
}

/** What a value stands for: some have one for "not at all". */
function meant(name: string, value: unknown): unknown {
  switch (name) {
    case 'num_predict':
      // -1 is without end, -2 until the context is full.
      return typeof value === 'number' && value <= 0 ? undefined : value;
    case 'seed':
      return typeof value === 'number' && value < 0 ? undefined : value;
    case 'top_k':
      return typeof value === 'number' && value < 0 ? 0 : value;
    case 'top_p':
      return value === 0 ? 1e-9 : value;
    case 'stop': {
      const stops: unknown = typeof value === 'string' ? [value] : value;
      return Array.isArray(stops) ? stops.filter((stop) => stop !== '') : stops;
    }
    default:
      return value;
  }
}
