import type { Failure } from '../spec/failure-part.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';

/**
 * An error as it goes over a port: neither its cause, which may be anything, nor the file, as paths are nobody else's
 * business.
 */
export function failureOf(error: unknown): Failure {
  if (!TramontaneError.isInstance(error)) return { code: 'engine-failed', message: 'the model failed to run the request' };
  const { code, message, field, retryAfterMs } = error;
  return { code, message, ...(field !== undefined && { field }), ...(retryAfterMs !== undefined && { retryAfterMs }) };
}
