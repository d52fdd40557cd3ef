import { TramontaneError } from '../spec/tramontane-error.ts';

/**
 * For the start of a stream: nothing is begun for a reader who has already given up.
 *
 * @throws {TramontaneError} `aborted`, with the signal's reason as its cause.
 */
export function refuseRaisedSignal(abortSignal: AbortSignal | undefined): void {
  if (!abortSignal?.aborted) return;
  const message = 'abortSignal was raised before the stream was first read';
  throw new TramontaneError('aborted', message, { cause: abortSignal.reason });
}
