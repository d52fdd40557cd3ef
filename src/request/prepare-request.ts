import type { ChatMessage } from '../spec/chat-message.ts';
import type { CompletionRequest } from '../spec/completion-request.ts';
import type { GenerateOptions } from '../spec/generate-options.ts';
import { checkChatRequest, checkCompletionRequest, checkPromptRequest } from './check-request.ts';
import type { CheckedRequest } from './check-request.ts';

/** A checked request as the engine in this process takes it. */
export interface PreparedRequest extends Pick<CheckedRequest, 'abortSignal' | 'timeouts' | 'budget'> {
  /** What the engine is given. */
  readonly json: string;
}

/** Prepares one user message through the chat template. Throws `invalid-argument`. */
export function preparePrompt(prompt: string, options?: GenerateOptions): PreparedRequest {
  return prepare(checkPromptRequest(prompt, options));
}

/** Prepares a conversation. Throws `invalid-argument`. */
export function prepareChat(messages: readonly ChatMessage[], options?: GenerateOptions): PreparedRequest {
  return prepare(checkChatRequest(messages, options));
}

/** Prepares a whole request. Throws `invalid-argument`. */
export function prepareCompletion(request: CompletionRequest): PreparedRequest {
  return prepare(checkCompletionRequest(request));
}

/** Prepares a request that was checked already. */
export function prepare({ prompt, options, abortSignal, timeouts, budget }: CheckedRequest): PreparedRequest {
  const { temperature = 0.7, topK = 0, topP = 1 } = options;
  const json = JSON.stringify({ prompt, ...options, temperature, topK, topP });
  return { json, abortSignal, timeouts, budget };
}
