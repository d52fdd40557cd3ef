import type { FinishReason } from '../../spec/finish-reason.ts';
import { TramontaneError } from '../../spec/tramontane-error.ts';

/**
 * Refuses an answer that was cancelled from here. OpenAI has no word for it, and any of its own would pass off what there
 * is for what was asked for. A caller that cancels is gone and never sees it.
 *
 * @throws {TramontaneError} `closed`
 */
export function checkWhole(finishReason: FinishReason): void {
  if (finishReason !== 'aborted') return;
  throw new TramontaneError('closed', 'the answer was cut short, as the model is being closed; try again');
}
