import type { FailurePart } from '../spec/failure-part.ts';
import type { StreamPart, ToolCallPart } from '../spec/stream-part.ts';
import { noTime } from '../spec/timings.ts';
import type { Timings } from '../spec/timings.ts';
import { nothingUsed } from '../spec/usage.ts';
import type { Usage } from '../spec/usage.ts';
import { fromNativeError } from './from-native-error.ts';
import type { NativeError } from './from-native-error.ts';

type NativePart =
  | Exclude<StreamPart, ToolCallPart>
  // Arguments that are no JSON have no `input`.
  | (Omit<ToolCallPart, 'input'> & { readonly input?: unknown })
  | { readonly type: 'error'; readonly error: NativeError; readonly usage: Usage; readonly timings: Timings };

/** Reads what `NativeModel.drain` returned. Throws on text that is not such JSON. */
export function fromNativeParts(json: string): { parts: [streamId: number, part: StreamPart | FailurePart][]; more: boolean } {
  const drained = JSON.parse(json) as { parts: [number, NativePart][]; more: boolean };
  return { parts: drained.parts.map(([streamId, part]) => [streamId, fromNativePart(part)]), more: drained.more };
}

function fromNativePart(part: NativePart): StreamPart | FailurePart {
  switch (part.type) {
    case 'tool-call':
      return { ...part, input: part.input };
    case 'finish':
      return { ...part, ...countsOf(part) };
    case 'error':
      return { ...part, ...countsOf(part), error: fromNativeError(part.error) };
    default:
      return part;
  }
}

/** Counts that the engine leaves out are zero. */
function countsOf({ usage, timings }: { readonly usage: Usage; readonly timings: Timings }): { usage: Usage; timings: Timings } {
  return { usage: { ...nothingUsed, ...usage }, timings: { ...noTime, ...timings } };
}
