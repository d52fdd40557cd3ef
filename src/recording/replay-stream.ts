import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { RecordedFold } from '../accumulate/recorded-fold.ts';
import { checkReplayOptions } from '../request/check-recording-options.ts';
import { wrongValue } from '../request/check-value.ts';
import type { ReplayOptions } from '../spec/recording-options.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { FailedSource } from '../stream/failed-source.ts';
import { Generation } from '../stream/generation.ts';
import { GenerationStream } from '../stream/generation-stream.ts';
import { StreamRouter } from '../stream/stream-router.ts';
import { parseRecording } from './parse-recording.ts';
import type { Recording } from './recording.ts';
import { ReplayBackend } from './replay-backend.ts';

/**
 * Plays a recording that {@link recordStream} has made: a stream with the same parts, the same result, and at its end
 * the same error where there was one. It needs no model and no native library.
 *
 * It starts, is left and is read as every stream. The recording is read from disk by the first read. Cancelled before
 * its end, it ends with finishReason `aborted` and a usage of zero, since tokens are only counted at a recording's end.
 *
 * That of an agent's run is played as one, with its parts and its result: an `AgentStream`, which its caller has to say.
 *
 * @param recording - The path or file URL of a recording; or its text, which begins with `{`.
 * @param options - How fast, and what to stop it by.
 * @throws {TramontaneError} From reading, never from this call: `invalid-argument`, with the `file` and the number of
 *   the line where the recording is damaged; and what was recorded.
 * @example
 * const stream = replayStream('fixtures/answer.jsonl', { speed: 'instant' });
 * assert.equal((await stream.result()).text, 'Hello');
 */
export function replayStream(recording: string | URL, options?: ReplayOptions): GenerationStream {
  return playStream(() => readRecording(recording), options);
}

/** A stream of the recording that `read` gives once the stream is read. */
export function playStream(read: () => Promise<Recording>, options: ReplayOptions | undefined): GenerationStream {
  try {
    const { speed, abortSignal, timeouts, budget } = checkReplayOptions(options);
    const backend = new ReplayBackend(read, speed, () => router.drain());
    const router = new StreamRouter(backend);
    const source = router.source({ json: '', abortSignal }, () => backend.origin);
    return GenerationStream.of(new Generation(source, { timeouts, budget, newFold: () => new RecordedFold() }));
  } catch (error) {
    return GenerationStream.of(new Generation(new FailedSource(error as TramontaneError)));
  }
}

async function readRecording(recording: string | URL): Promise<Recording> {
  if (typeof recording === 'string' && recording.startsWith('{')) return parseRecording(recording);
  if (typeof recording !== 'string' && !(recording instanceof URL)) {
    throw wrongValue('recording', 'a path, a file URL or the text of a recording', recording);
  }
  let file = String(recording);
  let text: string;
  try {
    if (recording instanceof URL) file = fileURLToPath(recording);
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const message = `the recording ${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new TramontaneError('invalid-argument', message, { field: 'recording', file, cause });
  }
  return parseRecording(text, file);
}
