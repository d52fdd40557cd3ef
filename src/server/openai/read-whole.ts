import type { GenerationResult } from '../../spec/generation-result.ts';
import type { GenerationStream } from '../../stream/generation-stream.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { checkWhole } from './whole-finish.ts';

/**
 * The results of all streams, side by side. Where one fails, the others are cancelled; where the request is over, they
 * are, and nobody waits for them.
 *
 * @param onFinish - is told each result
 */
export async function readWhole(
  streams: readonly GenerationStream[],
  signal: AbortSignal,
  onFinish: (result: GenerationResult) => void,
): Promise<GenerationResult[]> {
  try {
    const results = await unlessAborted(Promise.all(streams.map((stream) => stream.result())), signal);
    for (const result of results) onFinish(result);
    for (const { finishReason } of results) checkWhole(finishReason);
    return results;
  } catch (error) {
    for (const stream of streams) stream.cancel();
    throw error;
  }
}
