import type { Usage } from '../../spec/usage.ts';

/**
 * Tokens of several answers together. A prompt counts once however many answers it has, as at OpenAI.
 *
 * @param choicesOfPrompt - how many answers that follow each other have the same prompt
 */
export function summedUsage(usages: readonly Usage[], choicesOfPrompt: number): Usage {
  const prompts = usages.filter((_, index) => index % choicesOfPrompt === 0);
  const inputTokens = sum(prompts.map((usage) => usage.inputTokens));
  const outputTokens = sum(usages.map((usage) => usage.outputTokens));
  const cachedInputTokens = sum(prompts.map((usage) => usage.cachedInputTokens));
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, cachedInputTokens };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}
