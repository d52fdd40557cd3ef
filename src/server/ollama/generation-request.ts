import { checkBoolean, checkInteger, checkText, wrongValue } from '../../request/check-value.ts';
import type { ChatMessage } from '../../spec/chat-message.ts';
import type { CompletionRequest } from '../../spec/completion-request.ts';
import type { GenerateOptions } from '../../spec/generate-options.ts';
import type { ResponseFormat } from '../../spec/grammar.ts';
import type { Spelling } from '../openai/field-names.ts';
import { readTools, toolSpelling } from '../openai/tool-fields.ts';
import type { JsonBody } from '../read-json.ts';
import { readKeepAlive } from './keep-alive.ts';
import { ollamaMessageSpelling, readMessages, refuseImages } from './read-messages.ts';
import { optionSpelling, readOptions } from './read-options.ts';

/** What is known of a model that decides what it is asked. */
export type KnownOfModel = { readonly [Name in 'contextLength' | 'chatTemplate']?: unknown };

/** What `/api/chat` or `/api/generate` was asked for. */
export interface GenerationRequest {
  /** What goes to the model; `undefined` where it is only to be loaded, or unloaded. */
  readonly requestTo: ((model: KnownOfModel) => CompletionRequest) | undefined;
  readonly stream: boolean;
  /** In milliseconds; `undefined` where nothing is said. */
  readonly keepAliveMs: number | undefined;
}

/** How callers spell what they are refused for. */
export const generationSpelling: Spelling = [
  ...ollamaMessageSpelling,
  ...toolSpelling,
  ...optionSpelling,
  [/\bresponseFormat(?:\.schema)?\b/g, 'format'],
  [/\btemplateVariables(?:\.\w+)?/g, 'think'],
  [/\bcontextOverflow\b/g, 'truncate'],
  [/^logprobs\b/g, 'top_logprobs'],
];

/**
 * A body of `/api/chat`. As at Ollama, fields that are unknown are passed over.
 *
 * @throws {TramontaneError} `invalid-argument` with the field as the caller has spelt it
 */
export function readChat(body: JsonBody): GenerationRequest {
  const messages = body['messages'] === undefined ? [] : readMessages(body['messages']);
  const options = { ...readShared(body), ...readTools(body).options };
  return {
    ...readCourse(body),
    requestTo: messages.length === 0 ? undefined : (model) => conversation(messages, options, body, model),
  };
}

/** A body of `/api/generate`. */
export function readGenerate(body: JsonBody): GenerationRequest {
  const prompt = checkText(body['prompt'], 'prompt') ?? '';
  const system = checkText(body['system'], 'system') ?? '';
  const raw = checkBoolean(body['raw'], 'raw') ?? false;
  refuseOthers(body);
  const options = readShared(body);
  const { templateVariables: _, ...bare } = options;
  const messages: ChatMessage[] = [...(system === '' ? [] : [{ role: 'system' as const, content: system }]), { role: 'user', content: prompt }];
  return {
    ...readCourse(body),
    // A model that has no template can be given nothing else.
    requestTo: prompt === '' ? undefined : (model) => (raw || model.chatTemplate === null ? { ...bare, prompt } : conversation(messages, options, body, model)),
  };
}

/** Ollama leaves out what does not fit, unless it is told not to. What fits an engine elsewhere is that one's to know. */
function conversation(messages: readonly ChatMessage[], options: GenerateOptions, body: JsonBody, model: KnownOfModel): CompletionRequest {
  const cut = body['truncate'] !== false && typeof model.contextLength === 'number';
  return { ...options, messages, ...(cut && { contextOverflow: 'truncate-oldest' as const }) };
}

function readCourse(body: JsonBody): Pick<GenerationRequest, 'stream' | 'keepAliveMs'> {
  checkBoolean(body['truncate'], 'truncate');
  return { stream: checkBoolean(body['stream'], 'stream') ?? true, keepAliveMs: readKeepAlive(body['keep_alive']) };
}

function readShared(body: JsonBody): GenerateOptions {
  const logprobs = checkBoolean(body['logprobs'], 'logprobs') ?? false;
  const alternatives = checkInteger(body['top_logprobs'], 'top_logprobs', { min: 0, max: 20 }) ?? 0;
  return { ...readOptions(body['options']), ...readFormat(body['format']), ...readThink(body['think']), ...(logprobs && { logprobs: alternatives }) };
}

function readFormat(value: unknown): { readonly responseFormat?: ResponseFormat } {
  if (value === undefined || value === '') return {};
  if (value === 'json') return { responseFormat: { type: 'json' } };
  if (typeof value !== 'object' || Array.isArray(value)) throw wrongValue('format', '"json" or a JSON schema', value);
  return { responseFormat: { type: 'json', schema: value as object } };
}

/** By the variables that the templates of models that reason have. */
function readThink(value: unknown): { readonly templateVariables?: Readonly<Record<string, unknown>> } {
  if (value === undefined || value === '') return {};
  if (typeof value === 'boolean') return { templateVariables: { enable_thinking: value } };
  if (typeof value !== 'string') throw wrongValue('think', 'true, false, or how much: "low", "medium", "high"', value);
  return { templateVariables: { enable_thinking: true, reasoning_effort: value } };
}

/** What cannot be had, where it asks for anything. */
function refuseOthers(body: JsonBody): void {
  refuseImages(body['images'], 'images');
  const { suffix, template, context } = body;
  if (suffix !== undefined && suffix !== '') throw wrongValue('suffix', 'left out, as text is only continued here', suffix);
  if (template !== undefined && template !== '') throw wrongValue('template', 'left out, as a model has its own; or send the prompt as it is to be, with raw', template);
  if (context !== undefined && !(Array.isArray(context) && context.length === 0)) {
    throw wrongValue('context', 'left out, as none is given here; send the conversation to /api/chat', context);
  }
}
