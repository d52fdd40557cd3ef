import { checkInteger, wrongValue } from '../../request/check-value.ts';
import type { GenerateOptions } from '../../spec/generate-options.ts';
import { TramontaneError } from '../../spec/tramontane-error.ts';
import type { JsonBody } from '../read-json.ts';
import type { Spelling } from './field-names.ts';

/** OpenAI's names, and those that llama.cpp and vLLM have besides. */
const ours = {
  temperature: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
  min_p: 'minP',
  frequency_penalty: 'frequencyPenalty',
  presence_penalty: 'presencePenalty',
  repetition_penalty: 'repetitionPenalty',
  repeat_penalty: 'repetitionPenalty',
  logit_bias: 'logitBias',
  seed: 'seed',
  stop: 'stopSequences',
  max_tokens: 'maxOutputTokens',
  max_completion_tokens: 'maxOutputTokens',
} as const satisfies Record<string, keyof GenerateOptions>;

const dryNames = {
  dry_multiplier: 'multiplier',
  dry_base: 'base',
  dry_allowed_length: 'allowedLength',
  dry_sequence_breakers: 'sequenceBreakers',
  dry_penalty_last_n: 'rangeTokens',
} as const;

/** The fields that say how tokens are chosen, and how many. */
export const samplingFields: readonly string[] = [...Object.keys(ours), ...Object.keys(dryNames)];

/**
 * Those fields in our words. Their ranges are the engine's to check.
 *
 * @throws {TramontaneError} `invalid-argument` where two names say the same
 */
export function readSampling(body: JsonBody): GenerateOptions {
  const options: Record<string, unknown> = {};
  for (const [theirName, ourName] of Object.entries(ours)) {
    const value = meant(theirName, body[theirName]);
    if (value === undefined) continue;
    if (ourName in options) {
      const message = `${theirName} says what another field says already; leave one of them out`;
      throw new TramontaneError('invalid-argument', message, { field: theirName });
    }
    options[ourName] = value;
  }
  const dry = Object.entries(dryNames).filter(([theirName]) => body[theirName] !== undefined);
  if (dry.length > 0) options['dry'] = Object.fromEntries(dry.map(([theirName, ourName]) => [ourName, body[theirName]]));
  return options;
}

/** What a value stands for: some have one for "not at all". */
function meant(name: string, value: unknown): unknown {
  switch (name) {
    case 'stop':
      return typeof value === 'string' ? [value] : value;
    case 'max_tokens':
    case 'max_completion_tokens':
    case 'seed':
      return value === -1 ? undefined : value;
    case 'top_k':
      return value === -1 ? 0 : value;
    case 'top_p':
      // Allowed there, and means the likeliest token alone.
      return value === 0 ? 1e-9 : value;
    default:
      return value;
  }
}

/** How a caller has spelt those fields. */
export function samplingSpelling(body: JsonBody): Spelling {
  const used = Object.entries(ours).toSorted(([a], [b]) => Number(body[b] !== undefined) - Number(body[a] !== undefined));
  return [
    ...Object.entries(dryNames).map(([theirs, name]) => [new RegExp(`\\bdry\\.${name}\\b`, 'g'), theirs] as const),
    ...used.map(([theirs, name]) => [new RegExp(`\\b${name}\\b`, 'g'), theirs] as const),
  ];
}

/** How many answers are asked for: `n`. */
export function readCount(body: JsonBody): number {
  return checkInteger(body['n'], 'n', { min: 1, max: 128 }) ?? 1;
}

/** How many alternatives to each token, under the name that the caller has for that. */
export function readAlternatives(value: unknown, field: string): number | undefined {
  return checkInteger(value, field, { min: 0, max: 20 });
}

/** `stream_options.include_usage`. */
export function readIncludeUsage(body: JsonBody): boolean {
  const options = body['stream_options'];
  if (options === undefined) return false;
  if (typeof options !== 'object' || options === null) throw wrongValue('stream_options', 'an object', options);
  const { include_usage: include } = options as { readonly include_usage?: unknown };
  if (include === undefined || include === null || typeof include === 'boolean') return include === true;
  throw wrongValue('stream_options.include_usage', 'true or false', include);
}

