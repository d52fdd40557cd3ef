import type { GenerationResult } from '../../spec/generation-result.ts';
import type { OpenAITokenLogprob, OpenAIUsage } from '../../spec/openai-chat-chunk.ts';
import { openAIFinishReason } from '../../views/openai-finish-reason.ts';
import type { OpenAIFinishReason } from '../../views/openai-finish-reason.ts';
import { openAILogprob } from '../../views/openai-logprob.ts';
import { openAIUsage } from '../../views/openai-usage.ts';
import { summedUsage } from './summed-usage.ts';

/** What is the same in all pieces of a completion. */
export interface ReplyFrame {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

interface ChatChoice {
  readonly index: number;
  readonly message: object;
  readonly logprobs: { readonly content: readonly OpenAITokenLogprob[]; readonly refusal: null } | null;
  readonly finish_reason: OpenAIFinishReason;
}

/** A chat completion as a whole. */
export interface ChatCompletion extends ReplyFrame {
  readonly object: 'chat.completion';
  readonly choices: readonly ChatChoice[];
  readonly usage: OpenAIUsage;
}

/** The results of all choices as one chat completion. */
export function chatCompletion(frame: ReplyFrame, results: readonly GenerationResult[], firstCallOnly: boolean): ChatCompletion {
  const { id, created, model } = frame;
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: results.map((result, index) => choiceOf(result, index, firstCallOnly)),
    usage: openAIUsage(summedUsage(results.map(({ usage }) => usage), results.length)),
  };
}

function choiceOf(result: GenerationResult, index: number, firstCallOnly: boolean): ChatChoice {
  const { text, reasoning, logProbabilities } = result;
  const calls = firstCallOnly ? result.toolCalls.slice(0, 1) : result.toolCalls;
  return {
    index,
    message: {
      role: 'assistant',
      content: text === '' && calls.length > 0 ? null : text,
      refusal: null,
      ...(reasoning !== '' && { reasoning_content: reasoning }),
      ...(calls.length > 0 && {
        tool_calls: calls.map(({ toolCallId, toolName, inputText }) => ({
          id: toolCallId,
          type: 'function',
          function: { name: toolName, arguments: inputText },
        })),
      }),
    },
    logprobs: logProbabilities ? { content: logProbabilities.map(openAILogprob), refusal: null } : null,
    finish_reason: openAIFinishReason(result.finishReason),
  };
}
