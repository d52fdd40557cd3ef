import { checkBoolean, checkInteger, checkText, wrongValue } from '../../request/check-value.ts';
import type { CompletionRequest } from '../../spec/completion-request.ts';
import type { GenerateOptions } from '../../spec/generate-options.ts';
import { TramontaneError } from '../../spec/tramontane-error.ts';
import type { JsonBody } from '../read-json.ts';
import { ignoredFields } from './chat-request.ts';
import { knownFields } from './field-names.ts';
import type { Spelling } from './field-names.ts';
import { formatFields, formatSpelling, readFormat } from './format-fields.ts';
import { readAlternatives, readCount, readIncludeUsage, readSampling, samplingFields, samplingSpelling } from './sampling-fields.ts';

/** A prompt to be continued. */
export type RawPrompt = { readonly prompt: string } | { readonly tokens: readonly number[] };

/** A text completion that was asked for. */
export interface RawCompletionRequest {
  readonly model: string | undefined;
  /** One request for each prompt. */
  readonly requests: readonly CompletionRequest[];
  /** Answers to each. */
  readonly count: number;
  /** What goes before each prompt's answers. */
  readonly echoes: readonly string[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly spelling: Spelling;
}

const mostAnswers = 128;
/** As OpenAI documents it: text that is merely continued may never end by itself. */
const defaultMaxTokens = 16;

const fields: readonly string[] = [
  'model',
  'prompt',
  'stream',
  'stream_options',
  'n',
  'best_of',
  'echo',
  'suffix',
  'logprobs',
  ...samplingFields,
  ...formatFields,
];

/**
 * A body of `/v1/completions`, in our words.
 *
 * @throws {TramontaneError | HttpError} naming the field as the caller has spelt it
 */
export function readCompletionRequest(body: JsonBody): RawCompletionRequest {
  const known = knownFields(body, fields, ignoredFields);
  const count = readCount(known);
  const prompts = readPrompts(known['prompt']);
  if (prompts.length * count > mostAnswers) throw wrongValue('prompt', `so short a list that it has at most ${mostAnswers} answers, n to each prompt`, known['prompt']);
  refuseOthers(known, count);
  const options: GenerateOptions = { ...readSampling(known), ...readFormat(known), logprobs: readAlternatives(known['logprobs'], 'logprobs') };
  const limited = known['max_tokens'] === undefined && known['max_completion_tokens'] === undefined;
  return {
    model: checkText(known['model'], 'model'),
    requests: prompts.map((prompt) => ({ ...options, ...(limited && { maxOutputTokens: defaultMaxTokens }), ...(prompt as { prompt: string }) })),
    count,
    echoes: readEchoes(known, prompts),
    stream: checkBoolean(known['stream'], 'stream') ?? false,
    includeUsage: readIncludeUsage(known),
    spelling: [...formatSpelling(known), ...samplingSpelling(known), [/^tokens\b/g, 'prompt']],
  };
}

function readPrompts(value: unknown): RawPrompt[] {
  const expected = 'a string, an array of strings, an array of token ids, or an array of such arrays';
  if (typeof value === 'string') return [{ prompt: value }];
  if (!Array.isArray(value) || value.length === 0) throw wrongValue('prompt', expected, value);
  const entries: unknown[] = value;
  if (entries.every((entry) => typeof entry === 'number')) return [{ tokens: entries }];
  return entries.map((entry, index) => {
    if (typeof entry === 'string') return { prompt: entry };
    if (Array.isArray(entry)) return { tokens: entry as number[] };
    throw wrongValue(`prompt[${index}]`, 'a string or an array of token ids', entry);
  });
}

function readEchoes(body: JsonBody, prompts: readonly RawPrompt[]): string[] {
  if (checkBoolean(body['echo'], 'echo') !== true) return prompts.map(() => '');
  if (body['logprobs'] !== undefined) {
    throw new TramontaneError('invalid-argument', 'echo excludes logprobs, since those of the prompt are not known; leave one of them out', { field: 'echo' });
  }
  return prompts.map((prompt) => {
    if ('prompt' in prompt) return prompt.prompt;
    throw new TramontaneError('invalid-argument', 'echo needs a prompt of text, not of token ids', { field: 'echo' });
  });
}

/** What cannot be had, where it asks for anything. */
function refuseOthers(body: JsonBody, count: number): void {
  const bestOf = checkInteger(body['best_of'], 'best_of', { min: 1, max: mostAnswers });
  if (bestOf !== undefined && bestOf !== count) throw wrongValue('best_of', `the same as n, which is ${count}, as answers are not ranked here`, bestOf);
  const { suffix } = body;
  if (suffix !== undefined && suffix !== '') throw wrongValue('suffix', 'left out, as text is only continued here', suffix);
}
