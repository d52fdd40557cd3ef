import type { LanguageModel } from '../stream/language-model.ts';
import type { ErrorCode } from '../spec/error-code.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';

const markers = [Symbol.for('vercel.ai.error'), Symbol.for('vercel.ai.error.AI_APICallError')];

/** What may go well a moment later: nothing of an answer had come, and nothing is wrong with the request. */
const retryable: ReadonlySet<ErrorCode> = new Set(['queue-full', 'rate-limited', 'connection-failed']);

/**
 * A failed call, as the AI SDK understands it: it knows its own errors by symbols of the global registry, repeats a call
 * whose error is an `APICallError` with `isRetryable`, and waits for as long as `retry-after-ms` among the headers says.
 * For everybody else it is the same `TramontaneError` as before.
 */
export class CallError extends TramontaneError {
  /** Which model was asked. */
  readonly url: string;
  readonly isRetryable: boolean;
  /** The prompt is not repeated in an error: errors are logged. */
  readonly requestBodyValues: unknown = {};
  readonly responseHeaders: Record<string, string>;

  constructor(error: TramontaneError, { info }: Pick<LanguageModel, 'info'>) {
    const { code, message, field, file, retryAfterMs, partial } = error;
    super(code, message, { field, file, retryAfterMs, partial, cause: error });
    this.url = `tramontane:${info.model}`;
    this.isRetryable = retryable.has(code);
    this.responseHeaders = retryAfterMs === undefined ? {} : { 'retry-after-ms': String(retryAfterMs) };
    for (const marker of markers) Object.defineProperty(this, marker, { value: true });
  }
}

/** The error for what a call of `model` threw. */
export function callError(error: unknown, model: Pick<LanguageModel, 'info'>): unknown {
  return TramontaneError.isInstance(error) && !(error instanceof CallError) ? new CallError(error, model) : error;
}

/** The error of a call that was aborted. The AI SDK goes by the name, whatever the signal's reason is. */
export function abortError(signal: AbortSignal): Error {
  return Object.assign(new Error('the call was aborted', { cause: signal.reason }), { name: 'AbortError' });
}
