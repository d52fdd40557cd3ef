import type { GenerationResult } from '../spec/generation-result.ts';
import type { FinishPart } from '../spec/stream-part.ts';

/** Closes a fold: the text of all parts and the finish part make the result. */
export function result(text: string, finish: FinishPart): GenerationResult {
  const { finishReason, usage, timings } = finish;
  return { text, finishReason, usage, timings };
}
