import type { GenerationResult } from '../spec/generation-result.ts';
import type { FinishPart } from '../spec/stream-part.ts';
import type { MessageFold } from './message-fold.ts';

/** What a stream came to: the fold of all its parts, and `finish`, the last of them. */
export function resultOf({ text, reasoning, message }: MessageFold, finish: FinishPart): GenerationResult {
  const { finishReason, usage, timings } = finish;
  return { text, reasoning, toolCalls: message.toolCalls ?? [], message, finishReason, usage, timings };
}
