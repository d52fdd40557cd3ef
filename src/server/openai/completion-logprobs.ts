import type { TokenLogProbabilities } from '../../spec/log-probabilities.ts';

/** How likely tokens were, as OpenAI's text completions tell it. */
export interface CompletionLogprobs {
  readonly tokens: readonly string[];
  readonly token_logprobs: readonly number[];
  readonly top_logprobs: readonly Readonly<Record<string, number>>[];
  readonly text_offset: readonly number[];
}

/** @param offset - where the first token's text begins in that of the choice */
export function completionLogprobs(tokens: readonly TokenLogProbabilities[], offset: number): CompletionLogprobs {
  const offsets: number[] = [];
  let at = offset;
  for (const { text } of tokens) {
    offsets.push(at);
    at += text.length;
  }
  return {
    tokens: tokens.map(({ text }) => text),
    token_logprobs: tokens.map(({ logProbability }) => logProbability),
    top_logprobs: tokens.map(({ alternatives }) => Object.fromEntries(alternatives.map(({ text, logProbability }) => [text, logProbability]))),
    text_offset: offsets,
  };
}
