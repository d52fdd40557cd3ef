import { checkBoolean, checkChoice, checkText, wrongValue } from '../../request/check-value.ts';
import type { GenerateOptions } from '../../spec/generate-options.ts';
import type { ResponseFormat } from '../../spec/grammar.ts';
import { TramontaneError } from '../../spec/tramontane-error.ts';
import { ignoredFields } from '../openai/chat-request.ts';
import { knownFields } from '../openai/field-names.ts';
import type { Spelling } from '../openai/field-names.ts';
import { readAlternatives, readSampling, samplingFields, samplingSpelling } from '../openai/sampling-fields.ts';
import type { JsonBody } from '../read-json.ts';
import { responseTools } from './response-tools.ts';

/** A request for a response, but for its input, which may speak of what came before. */
export interface ResponsesRequest {
  readonly model: string | undefined;
  readonly input: unknown;
  readonly instructions: string | undefined;
  readonly previousResponseId: string | undefined;
  readonly options: GenerateOptions;
  readonly stream: boolean;
  /** Whether the response can be found by its id afterwards. */
  readonly store: boolean;
  /** Whether it was asked for in so many words, and not only by leaving it out. */
  readonly storeAsked: boolean;
  readonly background: boolean;
  readonly generate: boolean;
  /** What the response says again. */
  readonly asked: JsonBody;
  /** How its fields are spelt, for errors about them. */
  readonly spelling: Spelling;
}

/** What only a server with prompts, conversations or tools of its own could do. */
const unsupported: Readonly<Record<string, string>> = {
  prompt: 'send the prompt itself as instructions and input',
  conversation: 'use previous_response_id',
  context_management: 'use truncation: "auto"',
};

/** Of the fields for sampling, those by which chat completions say the most tokens to write have another name here. */
const otherwise = new Set(['max_tokens', 'max_completion_tokens']);
const fields = [
  'model',
  'input',
  'instructions',
  'previous_response_id',
  'stream',
  'store',
  'background',
  'generate',
  'metadata',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'text',
  'reasoning',
  'max_output_tokens',
  'top_logprobs',
  'include',
  'truncation',
  'chat_template_kwargs',
  ...samplingFields.filter((name) => !otherwise.has(name)),
];
const ignored: readonly string[] = [...ignoredFields.filter((name) => !fields.includes(name)), 'stream_options', 'max_tool_calls'];

/** What our options are called here. */
const spelling: Spelling = [
  [/^messages\b.*/, 'input'],
  [/\bmaxOutputTokens\b/g, 'max_output_tokens'],
  [/\bresponseFormat\b/g, 'text.format'],
  [/\btoolChoice\.toolName\b/g, 'tool_choice.name'],
  [/\btoolChoice\b/g, 'tool_choice'],
  [/\binputSchema\b/g, 'parameters'],
  [/^logprobs\b/g, 'top_logprobs'],
  [/\bcontextOverflow\b/g, 'truncation'],
];

/**
 * Reads the body of a request for a response (platform.openai.com/docs/api-reference/responses/create). `null` counts
 * as left out. What does not change the answer, such as `user`, is taken and not looked at.
 *
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault.
 */
export function responsesRequest(body: JsonBody): ResponsesRequest {
  for (const [field, instead] of Object.entries(unsupported)) {
    if ((body[field] ?? undefined) === undefined) continue;
    throw new TramontaneError('invalid-argument', `${field} is not supported here; ${instead}`, { field });
  }
  const known = knownFields(body, fields, ignored);
  const store = checkBoolean(known['store'], 'store');
  const background = checkBoolean(known['background'], 'background') ?? false;
  if (background && store === false) {
    throw new TramontaneError('invalid-argument', 'background needs store, or nobody could find the response; leave store out', { field: 'store' });
  }
  const instructions = checkText(known['instructions'], 'instructions');
  const previousResponseId = checkText(known['previous_response_id'], 'previous_response_id');
  return {
    model: checkText(known['model'], 'model'),
    input: known['input'],
    instructions,
    previousResponseId,
    options: generateOptions(known),
    stream: checkBoolean(known['stream'], 'stream') ?? false,
    store: store ?? true,
    storeAsked: store === true,
    background,
    generate: checkBoolean(known['generate'], 'generate') ?? true,
    asked: {
      instructions: instructions ?? null,
      previous_response_id: previousResponseId ?? null,
      metadata: checkMetadata(known['metadata']),
      parallel_tool_calls: checkBoolean(known['parallel_tool_calls'], 'parallel_tool_calls') ?? true,
      temperature: known['temperature'] ?? null,
      top_p: known['top_p'] ?? null,
      top_logprobs: known['top_logprobs'] ?? 0,
      max_output_tokens: known['max_output_tokens'] ?? null,
      tools: known['tools'] ?? [],
      tool_choice: known['tool_choice'] ?? 'auto',
      text: { format: { type: 'text' }, ...(known['text'] as object | undefined) },
      reasoning: { effort: null, summary: null, ...(known['reasoning'] as object | undefined) },
      truncation: known['truncation'] ?? 'disabled',
      store: store ?? true,
      background,
    },
    spelling: [
      ...spelling,
      ...samplingSpelling(known),
      [/\btemplateVariables\b/g, known['chat_template_kwargs'] === undefined ? 'reasoning.effort' : 'chat_template_kwargs'],
    ],
  };
}

function generateOptions(known: JsonBody): GenerateOptions {
  const truncation = checkChoice(known['truncation'], 'truncation', ['auto', 'disabled']);
  const logprobs = checkLogprobs(known);
  return {
    ...readSampling(known),
    ...templateVariables(known),
    ...responseTools(known),
    ...textFormat(known['text']),
    ...(known['max_output_tokens'] !== undefined && { maxOutputTokens: known['max_output_tokens'] as number }),
    ...(logprobs !== undefined && { logprobs }),
    ...(truncation === 'auto' && { contextOverflow: 'truncate-oldest' as const }),
  };
}

function checkLogprobs(known: JsonBody): number | undefined {
  const { include } = known;
  if (include !== undefined && !Array.isArray(include)) throw wrongValue('include', 'an array of strings', include);
  const count = readAlternatives(known['top_logprobs'], 'top_logprobs');
  return count || include?.includes('message.output_text.logprobs') ? (count ?? 0) : undefined;
}

/** Template variables, the effort of reasoning among them, as the templates of models that reason have it. */
function templateVariables({ reasoning, chat_template_kwargs: given }: JsonBody): Pick<GenerateOptions, 'templateVariables'> {
  if (reasoning !== undefined && (typeof reasoning !== 'object' || reasoning === null)) throw wrongValue('reasoning', 'an object', reasoning);
  if (given !== undefined && (typeof given !== 'object' || given === null)) throw wrongValue('chat_template_kwargs', 'an object', given);
  const effort = checkText((reasoning as { effort?: unknown } | undefined)?.effort ?? undefined, 'reasoning.effort');
  if (effort === undefined && given === undefined) return {};
  return { templateVariables: { ...(effort !== undefined && { reasoning_effort: effort }), ...given } };
}

function textFormat(text: unknown): { readonly responseFormat?: ResponseFormat } {
  if (text === undefined) return {};
  if (typeof text !== 'object' || text === null) throw wrongValue('text', 'an object', text);
  const { format } = text as { format?: unknown };
  if (format === undefined || format === null) return {};
  if (typeof format !== 'object') throw wrongValue('text.format', 'an object', format);
  const { type, schema } = format as { type?: unknown; schema?: unknown };
  switch (type) {
    case 'text':
      return {};
    case 'json_object':
      return { responseFormat: { type: 'json' } };
    case 'json_schema':
      if (typeof schema !== 'object' || schema === null) throw wrongValue('text.format.schema', 'a JSON schema: an object', schema);
      return { responseFormat: { type: 'json', schema } };
    default:
      throw wrongValue('text.format.type', 'one of "text", "json_object", "json_schema"', type);
  }
}

function checkMetadata(metadata: unknown): object {
  if (metadata === undefined) return {};
  const plain = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata);
  if (plain && Object.values(metadata).every((value) => typeof value === 'string')) return metadata;
  throw wrongValue('metadata', 'an object of strings', metadata);
}
