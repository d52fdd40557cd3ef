import type { TokenLogProbabilities, TokenLogProbability } from '../spec/log-probabilities.ts';
import type { OpenAITokenLogprob, OpenAITopLogprob } from '../spec/openai-chat-chunk.ts';

/** How likely a token was, in the words that chat completions and responses share. */
export function openAILogprob(token: TokenLogProbabilities): OpenAITokenLogprob {
  return { ...topLogprob(token), top_logprobs: token.alternatives.map(topLogprob) };
}

function topLogprob({ text, logProbability }: TokenLogProbability): OpenAITopLogprob {
  // The bytes of a token that has only a part of a character are not known any more.
  const bytes = text.includes('\uFFFD') ? null : Array.from(new TextEncoder().encode(text));
  return { token: text, logprob: logProbability, bytes };
}
