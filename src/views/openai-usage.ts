import type { OpenAIUsage } from '../spec/openai-chat-chunk.ts';
import type { Usage } from '../spec/usage.ts';

/** Tokens, as OpenAI counts them. */
export function openAIUsage({ inputTokens, outputTokens, totalTokens, cachedInputTokens }: Usage): OpenAIUsage {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: totalTokens,
    prompt_tokens_details: { cached_tokens: cachedInputTokens },
  };
}
