import type { BufferHighWater } from '../spec/buffering.ts';
import type { GenerationResult } from '../spec/generation-result.ts';
import type { FinishPart } from '../spec/stream-part.ts';
import type { MessageFold } from './message-fold.ts';

/** What a stream came to: the fold of all its parts, and `finish`, the last of them. */
export function resultOf(
  { text, reasoning, message, logProbabilities }: MessageFold,
  { finishReason, usage, timings }: FinishPart,
  bufferHighWater: BufferHighWater,
): GenerationResult {
  return {
    text,
    reasoning,
    toolCalls: message.toolCalls ?? [],
    message,
    ...(logProbabilities && { logProbabilities }),
    finishReason,
    usage,
    timings,
    bufferHighWater,
  };
}
