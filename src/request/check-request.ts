import type { BufferOptions } from '../spec/buffering.ts';
import type { ChatMessage } from '../spec/chat-message.ts';
import type { CompletionRequest } from '../spec/completion-request.ts';
import type { GenerateOptions } from '../spec/generate-options.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { checkBuffer } from './check-buffer.ts';
import type { BufferBudget } from './check-buffer.ts';
import { checkGrammar } from './check-grammar.ts';
import { copyJsonObject } from './check-json.ts';
import { checkMessages } from './check-messages.ts';
import { checkPrompt, promptNames } from './check-prompt.ts';
import type { Prompt } from './check-prompt.ts';
import { checkSampling } from './check-sampling.ts';
import { checkTimeouts } from './check-timeouts.ts';
import type { CheckedTimeouts } from './check-timeouts.ts';
import { checkTools, forcesTool } from './check-tools.ts';
import {
  checkAbortSignal,
  checkChoice,
  checkFilledText,
  checkInteger,
  checkOptions,
  guardCheck,
  largestCount,
  wrongValue,
} from './check-value.ts';

/** The options that say what to generate; the others are about the stream. */
export type CheckedGenerateOptions = Omit<GenerateOptions, 'abortSignal' | keyof CheckedTimeouts | keyof BufferOptions>;

/** A request that was checked and copied: nothing the caller does afterwards changes it. */
export interface CheckedRequest {
  readonly prompt: Prompt;
  /** As they were given, without defaults. */
  readonly options: CheckedGenerateOptions;
  readonly abortSignal: AbortSignal | undefined;
  /** Watched on this side, as the budget is; engines know nothing of them. */
  readonly timeouts: CheckedTimeouts;
  readonly budget: BufferBudget;
}

type Options = Readonly<Record<string, unknown>>;

/** Every option of how to generate. */
export const generateOptionNames = Object.keys({
  maxOutputTokens: true,
  temperature: true,
  topK: true,
  topP: true,
  minP: true,
  repetitionPenalty: true,
  frequencyPenalty: true,
  presencePenalty: true,
  dry: true,
  logitBias: true,
  bannedTokens: true,
  forcedTokens: true,
  logprobs: true,
  seed: true,
  stopSequences: true,
  grammar: true,
  responseFormat: true,
  tools: true,
  toolChoice: true,
  templateVariables: true,
  contextOverflow: true,
  priority: true,
  deadlineMs: true,
  abortSignal: true,
  firstTokenTimeoutMs: true,
  idleTimeoutMs: true,
  maxBufferedParts: true,
  maxBufferedBytes: true,
  bufferPolicy: true,
} satisfies Record<keyof GenerateOptions, true>);

/** Checks a request of one user message. Throws `invalid-argument`. */
export function checkPromptRequest(prompt: string, options?: GenerateOptions): CheckedRequest {
  return guardCheck('options', () => {
    const content = checkFilledText(prompt, 'prompt');
    if (content === undefined) throw wrongValue('prompt', 'a string', prompt);
    return checkRequest({ messages: [{ role: 'user', content }] }, checkOptions(options, 'options', generateOptionNames));
  });
}

/** Checks a conversation. Throws `invalid-argument`. */
export function checkChatRequest(messages: readonly ChatMessage[], options?: GenerateOptions): CheckedRequest {
  return guardCheck('messages', () =>
    checkRequest({ messages: checkMessages(messages) }, checkOptions(options, 'options', generateOptionNames)),
  );
}

/** Checks a whole request. Throws `invalid-argument`. */
export function checkCompletionRequest(request: CompletionRequest): CheckedRequest {
  return guardCheck('request', () => {
    if (request === undefined) throw wrongValue('request', 'an object', request);
    const checked = checkOptions(request, 'request', [...promptNames, ...generateOptionNames]);
    return checkRequest(checkPrompt(checked), checked);
  });
}

function checkRequest(prompt: Prompt, options: Options): CheckedRequest {
  const checked = {
    maxOutputTokens: checkInteger(options['maxOutputTokens'], 'maxOutputTokens', { min: 1, max: largestCount }),
    ...checkSampling(options),
    stopSequences: checkStopSequences(options['stopSequences']),
    ...checkConstraints(options),
    ...checkForMessages(prompt, options),
    priority: checkInteger(options['priority'], 'priority', { min: -1_000_000, max: 1_000_000 }),
    deadlineMs: checkInteger(options['deadlineMs'], 'deadlineMs', { min: 0, max: 2 ** 31 - 1 }),
  };
  return {
    prompt,
    options: checked as CheckedGenerateOptions,
    abortSignal: checkAbortSignal(options['abortSignal'], 'abortSignal'),
    timeouts: checkTimeouts(options),
    budget: checkBuffer(options),
  };
}

/** What the answer has to follow. */
function checkConstraints(options: Options): object {
  const tools = checkTools(options);
  const { grammar, responseFormat } = checkGrammar(options);
  if (forcesTool(tools.toolChoice) && (grammar || responseFormat?.type === 'json')) {
    const other = grammar ? 'grammar' : 'responseFormat';
    const message = `toolChoice asks for a call while ${other} asks for another answer; leave one of them out`;
    throw new TramontaneError('invalid-argument', message, { field: 'toolChoice' });
  }
  return { grammar, responseFormat, ...tools };
}

/** What only means something for a conversation. */
function checkForMessages(prompt: Prompt, options: Options): object {
  const { templateVariables } = options;
  const contextOverflow = checkChoice(options['contextOverflow'], 'contextOverflow', ['error', 'stop', 'truncate-oldest']);
  const field =
    (options['tools'] !== undefined && 'tools') ||
    (templateVariables !== undefined && 'templateVariables') ||
    (contextOverflow === 'truncate-oldest' && 'contextOverflow');
  if (field && !('messages' in prompt)) {
    const shown = field === 'contextOverflow' ? 'contextOverflow "truncate-oldest"' : field;
    const message = `${shown} is for conversations; pass messages, or leave it out`;
    throw new TramontaneError('invalid-argument', message, { field });
  }
  return {
    templateVariables:
      templateVariables === undefined ? undefined : copyJsonObject(templateVariables, 'templateVariables', 'a plain object'),
    contextOverflow,
  };
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
