import { checkBoolean, checkText, wrongValue } from '../../request/check-value.ts';
import type { CompletionRequest } from '../../spec/completion-request.ts';
import { TramontaneError } from '../../spec/tramontane-error.ts';
import type { JsonBody } from '../read-json.ts';
import { messageSpelling, readMessages } from './chat-messages.ts';
import { knownFields } from './field-names.ts';
import type { Spelling } from './field-names.ts';
import { formatFields, formatSpelling, readFormat } from './format-fields.ts';
import { readAlternatives, readCount, readIncludeUsage, readSampling, samplingFields, samplingSpelling } from './sampling-fields.ts';
import { readTools, toolFields, toolSpelling } from './tool-fields.ts';

/** A chat completion that was asked for. */
export interface ChatRequest {
  readonly model: string | undefined;
  readonly request: CompletionRequest;
  readonly count: number;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Whether the answer has no tool call but the first. */
  readonly firstCallOnly: boolean;
  readonly spelling: Spelling;
}

const fields: readonly string[] = [
  'model',
  'messages',
  'stream',
  'stream_options',
  'n',
  'logprobs',
  'top_logprobs',
  'modalities',
  'reasoning_effort',
  'chat_template_kwargs',
  ...samplingFields,
  ...toolFields,
  ...formatFields,
];

/** What changes nothing here: for OpenAI's own accounts, or hints of what would be quicker. */
export const ignoredFields: readonly string[] = [
  'user',
  'store',
  'metadata',
  'service_tier',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'prompt_cache_options',
  'prediction',
  'verbosity',
  'cache_prompt',
  'id_slot',
  'keep_alive',
  'ttl',
  'timings_per_token',
  'return_progress',
];

/**
 * A body of `/v1/chat/completions`, in our words.
 *
 * @throws {TramontaneError | HttpError} naming the field as the caller has spelt it
 */
export function readChatRequest(body: JsonBody): ChatRequest {
  const known = knownFields(body, fields, ignoredFields);
  const { options, firstCallOnly } = readTools(known);
  checkModalities(known['modalities']);
  return {
    model: checkText(known['model'], 'model'),
    request: {
      messages: readMessages(known['messages']),
      ...readSampling(known),
      ...readFormat(known),
      ...readTemplateVariables(known),
      logprobs: readLogprobs(known),
      ...options,
    },
    count: readCount(known),
    stream: checkBoolean(known['stream'], 'stream') ?? false,
    includeUsage: readIncludeUsage(known),
    firstCallOnly,
    spelling: [
      ...messageSpelling,
      ...toolSpelling,
      ...formatSpelling(known),
      ...samplingSpelling(known),
      [/\btemplateVariables\b/g, known['chat_template_kwargs'] === undefined ? 'reasoning_effort' : 'chat_template_kwargs'],
      [/^logprobs\b/g, 'top_logprobs'],
    ],
  };
}

function readLogprobs(body: JsonBody): number | undefined {
  const wanted = checkBoolean(body['logprobs'], 'logprobs') ?? false;
  const alternatives = readAlternatives(body['top_logprobs'], 'top_logprobs');
  if (wanted) return alternatives ?? 0;
  if (alternatives === undefined) return undefined;
  const message = 'top_logprobs needs logprobs to be true';
  throw new TramontaneError('invalid-argument', message, { field: 'top_logprobs' });
}

/** Template variables, `reasoning_effort` among them, as the templates of models that reason have it. */
function readTemplateVariables(body: JsonBody): { readonly templateVariables?: Readonly<Record<string, unknown>> } {
  const { chat_template_kwargs: given, reasoning_effort: effort } = body;
  const reasoningEffort = checkText(effort, 'reasoning_effort');
  if (given === undefined && reasoningEffort === undefined) return {};
  if (given !== undefined && (typeof given !== 'object' || given === null || Array.isArray(given))) {
    throw wrongValue('chat_template_kwargs', 'an object', given);
  }
  return { templateVariables: { ...(reasoningEffort !== undefined && { reasoning_effort: reasoningEffort }), ...given } };
}

function checkModalities(value: unknown): void {
  if (value === undefined || (Array.isArray(value) && value.length === 1 && value[0] === 'text')) return;
  throw wrongValue('modalities', '["text"]: answers here are text', value);
}
