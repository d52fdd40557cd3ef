import type { TokenCount } from '../spec/token-count.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { fromNativeError } from './from-native-error.ts';
import type { NativeError } from './from-native-error.ts';

/** Reads what `NativeModel.countTokens` resolved with. Throws the error it may hold. */
export function fromNativeCount(json: string): TokenCount {
  const counted = JSON.parse(json) as TokenCount | { readonly error: NativeError };
  if (!('error' in counted)) return counted;
  const { code, message, field, file } = fromNativeError(counted.error);
  throw new TramontaneError(code, message, { field, file });
}
