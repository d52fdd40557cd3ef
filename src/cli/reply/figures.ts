import type { GenerationResult } from '../../index.ts';
import { formatCount, formatDuration } from '../terminal/units.ts';

/** What a reply took, in one line: `[42 tokens, prompt of 12, first after 120 ms, 61.2 tokens/s, stop]`. */
export function figures({ usage, timings, finishReason }: GenerationResult): string {
  const { inputTokens, cachedInputTokens, outputTokens } = usage;
  const cached = cachedInputTokens > 0 ? `, ${formatCount(cachedInputTokens)} of them cached` : '';
  const parts = [`${formatCount(outputTokens)} tokens`, `prompt of ${formatCount(inputTokens)}${cached}`];
  if (timings.firstTokenMs !== null) parts.push(`first after ${formatDuration(timings.firstTokenMs)}`);
  if (timings.tokensPerSecond !== null) parts.push(`${timings.tokensPerSecond.toFixed(1)} tokens/s`);
  return `[${[...parts, finishReason].join(', ')}]`;
}
