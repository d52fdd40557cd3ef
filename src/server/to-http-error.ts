import type { ErrorCode } from '../spec/error-code.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { HttpError } from './http-error.ts';

/** Status, and OpenAI's code where it has one. What is not here is this server's fault, and told without details. */
const answers: Readonly<Partial<Record<ErrorCode, readonly [status: number, code: string]>>> = {
  'invalid-argument': [400, 'invalid_value'],
  'no-chat-template': [400, 'no_chat_template'],
  'context-overflow': [400, 'context_length_exceeded'],
  'queue-full': [429, 'queue_full'],
  'rate-limited': [429, 'rate_limit_exceeded'],
  'deadline-exceeded': [503, 'deadline_exceeded'],
  closed: [503, 'model_closed'],
  'first-token-timeout': [504, 'first_token_timeout'],
  'idle-timeout': [504, 'idle_timeout'],
  aborted: [499, 'aborted'],
  'stream-gone': [410, 'stream_gone'],
};

const faults: Readonly<Partial<Record<ErrorCode, readonly [status: number, code: string, message: string]>>> = {
  'connection-failed': [502, 'upstream_failed', 'the engine behind this server cannot be reached'],
  'connection-lost': [502, 'upstream_failed', 'the connection to the engine behind this server broke off'],
  'remote-failed': [502, 'upstream_failed', 'the engine behind this server failed'],
  unauthorized: [502, 'upstream_failed', 'the engine behind this server refused its key'],
  'model-not-found': [502, 'upstream_failed', 'the engine behind this server does not have the model'],
  'engine-failed': [500, 'engine_failed', 'the engine failed'],
};

/** Any error, as it is answered. */
export function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (!TramontaneError.isInstance(error)) return new HttpError(500, 'internal_error', 'the server failed', { cause: error });
  const { code, message, field } = error;
  const [status, word] = answers[code] ?? [];
  if (status === undefined || word === undefined) {
    // Messages of these may name files and addresses, which are nobody else's business.
    const [faultStatus, faultCode, said] = faults[code] ?? [500, 'internal_error', 'the server failed'];
    return new HttpError(faultStatus, faultCode, said, { cause: error });
  }
  const waits = status === 429 || status === 503;
  const seconds = Math.max(1, Math.ceil((error.retryAfterMs ?? 0) / 1000));
  return new HttpError(status, word, message, {
    param: field,
    cause: error,
    ...(status === 429 && { type: 'rate_limit_error' }),
    ...(waits && { headers: { 'retry-after': String(seconds) } }),
  });
}
