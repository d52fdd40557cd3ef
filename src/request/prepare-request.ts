import type { ChatMessage } from '../spec/chat-message.ts';
import type { CompletionRequest } from '../spec/completion-request.ts';
import type { GenerateOptions } from '../spec/generate-options.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { checkMessages } from './check-messages.ts';
import { checkTimeouts } from './check-timeouts.ts';
import type { CheckedTimeouts } from './check-timeouts.ts';
import {
  checkAbortSignal,
  checkFilledText,
  checkInteger,
  checkNumber,
  checkOptions,
  guardCheck,
  largestCount,
  wrongValue,
} from './check-value.ts';

/** A request that was checked and copied: nothing the caller does afterwards changes it. */
export interface PreparedRequest {
  /** What the engine is given. */
  readonly json: string;
  readonly abortSignal: AbortSignal | undefined;
  /** Watched on this side; the engine knows nothing of them. */
  readonly timeouts: CheckedTimeouts;
}

type Prompt = { messages: ChatMessage[] } | { text: string } | { tokens: number[] };

type OptionName = keyof GenerateOptions;
const optionNames = Object.keys({
  maxOutputTokens: true,
  temperature: true,
  topK: true,
  topP: true,
  seed: true,
  stopSequences: true,
  priority: true,
  deadlineMs: true,
  abortSignal: true,
  firstTokenTimeoutMs: true,
  idleTimeoutMs: true,
} satisfies Record<OptionName, true>);
const promptNames = ['prompt', 'messages', 'tokens'] as const;

/** Prepares one user message through the chat template. Throws `invalid-argument`. */
export function preparePrompt(prompt: string, options?: GenerateOptions): PreparedRequest {
  return guardCheck('options', () => {
    const content = checkFilledText(prompt, 'prompt');
    if (content === undefined) throw wrongValue('prompt', 'a string', prompt);
    return prepare({ messages: [{ role: 'user', content }] }, checkOptions(options, 'options', optionNames));
  });
}

/** Prepares a conversation. Throws `invalid-argument`. */
export function prepareChat(messages: readonly ChatMessage[], options?: GenerateOptions): PreparedRequest {
  return guardCheck('messages', () =>
    prepare({ messages: checkMessages(messages) }, checkOptions(options, 'options', optionNames)),
  );
}

/** Prepares a whole request. Throws `invalid-argument`. */
export function prepareCompletion(request: CompletionRequest): PreparedRequest {
  return guardCheck('request', () => {
    if (request === undefined) throw wrongValue('request', 'an object', request);
    const checked = checkOptions(request, 'request', [...promptNames, ...optionNames]);
    return prepare(checkPrompt(checked), checked);
  });
}

function checkPrompt(request: Readonly<Record<string, unknown>>): Prompt {
  const [name, second] = promptNames.filter((key) => request[key] !== undefined);
  if (name === undefined) {
    throw new TramontaneError('invalid-argument', 'pass one of prompt, messages and tokens', { field: 'prompt' });
  }
  if (second !== undefined) {
    const message = `pass only one of prompt, messages and tokens, not both ${name} and ${second}`;
    throw new TramontaneError('invalid-argument', message, { field: second });
  }
  switch (name) {
    case 'prompt':
      return { text: checkFilledText(request[name], name) ?? '' };
    case 'messages':
      return { messages: checkMessages(request[name]) };
    case 'tokens':
      return { tokens: checkTokens(request[name]) };
  }
}

function checkTokens(value: unknown): number[] {
  if (!Array.isArray(value)) throw wrongValue('tokens', 'an array of token ids', value);
  if (value.length === 0) throw wrongValue('tokens', 'at least one token id', value);
  return Array.from(value, (id: unknown, index) => {
    const field = `tokens[${index}]`;
    const checked = checkInteger(id, field, { min: 0, max: largestCount });
    if (checked === undefined) throw wrongValue(field, 'a token id', id);
    return checked;
  });
}

function checkStopSequences(value: unknown): string[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw wrongValue('stopSequences', 'an array of strings', value);
  return Array.from(value, (sequence: unknown, index) => {
    const field = `stopSequences[${index}]`;
    const checked = checkFilledText(sequence, field);
    if (checked === undefined) throw wrongValue(field, 'a string', sequence);
    return checked;
  });
}

function prepare(prompt: Prompt, options: Readonly<Record<string, unknown>>): PreparedRequest {
  const json = JSON.stringify({
    prompt,
    maxOutputTokens: checkInteger(options['maxOutputTokens'], 'maxOutputTokens', { min: 1, max: largestCount }),
    // Beyond 100 every token is equally likely, and 32-bit logits divided by huge values stop being numbers.
    temperature: checkNumber(options['temperature'], 'temperature', { min: 0, max: 100 }) ?? 0.7,
    topK: checkInteger(options['topK'], 'topK', { min: 0, max: largestCount }) ?? 0,
    // The engine reads it as 32 bits, in which less would be none at all.
    topP: checkNumber(options['topP'], 'topP', { min: 1e-9, max: 1 }) ?? 1,
    seed: checkInteger(options['seed'], 'seed', { min: 0, max: Number.MAX_SAFE_INTEGER }),
    stopSequences: checkStopSequences(options['stopSequences']),
    priority: checkInteger(options['priority'], 'priority', { min: -1_000_000, max: 1_000_000 }),
    deadlineMs: checkInteger(options['deadlineMs'], 'deadlineMs', { min: 0, max: 2 ** 31 - 1 }),
  });
  return { json, abortSignal: checkAbortSignal(options['abortSignal'], 'abortSignal'), timeouts: checkTimeouts(options) };
}
