import type { GenerationResult } from '../../spec/generation-result.ts';
import { openAIFinishReason } from '../../views/openai-finish-reason.ts';
import { openAIUsage } from '../../views/openai-usage.ts';
import type { ReplyFrame } from './chat-reply.ts';
import { completionLogprobs } from './completion-logprobs.ts';
import type { RawCompletionRequest } from './completion-request.ts';
import { summedUsage } from './summed-usage.ts';

/** The results of all prompts, n to each, as one text completion. */
export function textCompletion({ id, created, model }: ReplyFrame, results: readonly GenerationResult[], { count, echoes }: RawCompletionRequest): object {
  return {
    id,
    object: 'text_completion',
    created,
    model,
    choices: results.map(({ text, logProbabilities, finishReason }, index) => ({
      index,
      text: `${echoes[Math.floor(index / count)] ?? ''}${text}`,
      logprobs: logProbabilities ? completionLogprobs(logProbabilities, 0) : null,
      finish_reason: openAIFinishReason(finishReason),
    })),
    usage: openAIUsage(summedUsage(results.map(({ usage }) => usage), count)),
  };
}
