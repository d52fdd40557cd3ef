import { TramontaneError } from '../spec/tramontane-error.ts';
import { RunCancelled, unlessCancelled } from './run-cancelled.ts';

/** The error of a function that the caller has passed as `field`. */
export function callbackError(field: string, what: string, cause?: unknown): TramontaneError {
  return new TramontaneError('callback-failed', `${field} ${what}`, { field, cause });
}

/**
 * What a function comes to that the caller has passed as `field`.
 *
 * @throws {TramontaneError} `callback-failed`, with what it threw as `cause`
 * @throws {RunCancelled} as soon as the run is cancelled
 */
export async function calling<Value>(field: string, signal: AbortSignal, call: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await unlessCancelled(signal, call);
  } catch (cause) {
    if (cause instanceof RunCancelled) throw cause;
    throw callbackError(field, `threw: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}
