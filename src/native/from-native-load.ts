import type { ModelInfo } from '../spec/model-info.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { fromNativeError } from './from-native-error.ts';
import type { NativeError } from './from-native-error.ts';

/** Reads what `NativeModel.loaded` resolved with. Throws the error it may hold. */
export function fromNativeLoad(json: string): ModelInfo {
  const loaded = JSON.parse(json) as { readonly info: ModelInfo } | { readonly error: NativeError };
  if ('info' in loaded) return Object.freeze(loaded.info);
  const { code, message, field, file } = fromNativeError(loaded.error);
  throw new TramontaneError(code, message, { field, file });
}
