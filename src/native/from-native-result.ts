import { TramontaneError } from '../spec/tramontane-error.ts';
import { fromNativeError } from './from-native-error.ts';
import type { NativeError } from './from-native-error.ts';

/** Reads the JSON of `{ result }` or `{ error }`. Throws the error it may hold. */
export function fromNativeResult<Result>(json: string): Result {
  const answer = JSON.parse(json) as { readonly result: Result } | { readonly error: NativeError };
  if ('result' in answer) return answer.result;
  const { code, message, field, file } = fromNativeError(answer.error);
  throw new TramontaneError(code, message, { field, file });
}
