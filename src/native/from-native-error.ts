import { isErrorCode } from '../spec/error-code.ts';
import type { Failure } from '../spec/failure-part.ts';

/** A failure as the native library writes it. */
export interface NativeError {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
  readonly file?: string;
  readonly retryAfterMs?: number;
}

/** Reads a native failure. A code this version does not know becomes `engine-failed`. */
export function fromNativeError({ code, message, field, file, retryAfterMs }: NativeError): Failure {
  return {
    code: isErrorCode(code) ? code : 'engine-failed',
    message,
    ...(field !== undefined && { field }),
    ...(file !== undefined && { file }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}
