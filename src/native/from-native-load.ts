import { TramontaneError } from '../spec/tramontane-error.ts';
import { fromNativeError } from './from-native-error.ts';
import type { NativeError } from './from-native-error.ts';

/** Reads what `loaded` of a native model resolved with. Throws the error it may hold. */
export function fromNativeLoad<Info>(json: string): Readonly<Info> {
  const loaded = JSON.parse(json) as { readonly info: Info } | { readonly error: NativeError };
  if ('info' in loaded) return Object.freeze(loaded.info);
  const { code, message, field, file } = fromNativeError(loaded.error);
  throw new TramontaneError(code, message, { field, file });
}
