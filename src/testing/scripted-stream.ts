import { playStream } from '../recording/replay-stream.ts';
import type { Recording } from '../recording/recording.ts';
import { wrongValue } from '../request/check-value.ts';
import type { FinishPart, StreamPart } from '../spec/stream-part.ts';
import { noTime } from '../spec/timings.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { nothingUsed } from '../spec/usage.ts';
import type { ReplayOptions } from '../spec/recording-options.ts';
import type { GenerationStream } from '../stream/generation-stream.ts';

/** How {@link scriptedStream} plays its parts. */
export interface ScriptedStreamOptions extends Omit<ReplayOptions, 'speed'> {
  /**
   * How long each part takes, in milliseconds.
   *
   * @defaultValue 0
   */
  readonly stepMs?: number | undefined;
}

const zero: Omit<FinishPart, 'finishReason'> = { type: 'finish', usage: nothingUsed, timings: noTime };

/**
 * A stream of these very parts, without a model and without the native library: for code that is given a stream, and for
 * parts that no model here gives yet, such as tool calls.
 *
 * @param parts - Strings are text deltas. A `finish` is added where there is none (reason `tool-calls` after a tool call,
 *   `stop` otherwise, with a usage of zero); a `TramontaneError` as the last one is thrown there.
 * @example
 * const stream = scriptedStream(['Hel', 'lo']);
 * assert.equal((await stream.result()).text, 'Hello');
 */
export function scriptedStream(
  parts: readonly (string | StreamPart | TramontaneError)[],
  options: ScriptedStreamOptions = {},
): GenerationStream {
  const { stepMs = 0, ...replayOptions } = options;
  const recording = recordingOf([...parts], stepMs);
  return playStream(async () => recording(), { ...replayOptions, speed: stepMs === 0 ? 'instant' : 'recorded' });
}

function recordingOf(parts: (string | StreamPart | TramontaneError)[], stepMs: number): () => Recording {
  return () => {
    if (!(stepMs >= 0)) throw wrongValue('stepMs', 'a number of at least 0', stepMs);
    const last = parts.at(-1);
    const ended = TramontaneError.isInstance(last) || (typeof last === 'object' && last.type === 'finish');
    const called = parts.some((part) => typeof part === 'object' && 'type' in part && part.type === 'tool-call');
    const all = ended ? parts : [...parts, { ...zero, finishReason: called ? 'tool-calls' : 'stop' } as const];
    return { parts: all.map((part, index) => ({ atMs: index * stepMs, part: partOf(part) })) };
  };
}

function partOf(part: string | StreamPart | TramontaneError): Recording['parts'][number]['part'] {
  if (typeof part === 'string') return { type: 'text-delta', delta: part };
  if (!TramontaneError.isInstance(part)) return part;
  const { usage, timings } = part.partial ?? zero;
  return { type: 'error', error: part, usage, timings };
}
