import type { GenerationResult } from '../../spec/generation-result.ts';
import type { GenerationStream } from '../../stream/generation-stream.ts';
import { checkWhole } from './whole-finish.ts';

/** The results of all streams, side by side. Where one fails, the others are cancelled. */
export async function readWhole(streams: readonly GenerationStream[]): Promise<GenerationResult[]> {
  try {
    const results = await Promise.all(streams.map((stream) => stream.result()));
    for (const { finishReason } of results) checkWhole(finishReason);
    return results;
  } catch (error) {
    for (const stream of streams) stream.cancel();
    throw error;
  }
}
