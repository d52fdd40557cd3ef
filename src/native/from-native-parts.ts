import type { FailurePart } from '../spec/failure-part.ts';
import type { StreamPart } from '../spec/stream-part.ts';
import type { Timings } from '../spec/timings.ts';
import type { Usage } from '../spec/usage.ts';
import { fromNativeError } from './from-native-error.ts';
import type { NativeError } from './from-native-error.ts';

type NativePart =
  | StreamPart
  | { readonly type: 'error'; readonly error: NativeError; readonly usage: Usage; readonly timings: Timings };

/** Reads what `NativeModel.drain` returned. Throws on text that is not such JSON. */
export function fromNativeParts(json: string): { parts: [streamId: number, part: StreamPart | FailurePart][]; more: boolean } {
  const drained = JSON.parse(json) as { parts: [number, NativePart][]; more: boolean };
  return { parts: drained.parts.map(([streamId, part]) => [streamId, fromNativePart(part)]), more: drained.more };
}

function fromNativePart(part: NativePart): StreamPart | FailurePart {
  return part.type === 'error' ? { ...part, error: fromNativeError(part.error) } : part;
}
