import { fileURLToPath } from 'node:url';
import { checkRecordOptions } from '../request/check-recording-options.ts';
import { guardCheck, wrongValue } from '../request/check-value.ts';
import type { AnyStreamPart } from '../spec/agent-part.ts';
import type { GenerationResult } from '../spec/generation-result.ts';
import type { RecordOptions, RecordingSink } from '../spec/recording-options.ts';
import { GenerationStream } from '../stream/generation-stream.ts';
import { Relay } from '../stream/relay.ts';
import { FileLines } from './file-lines.ts';
import type { LineSink } from './recording-writer.ts';
import { RecordingWriter } from './recording-writer.ts';
import { SinkLines } from './sink-lines.ts';

/**
 * Passes a stream on and writes down every part of it, with the time at which it came: for a test that plays it back
 * with {@link replayStream}, or a report of what went wrong.
 *
 * The stream that is given back takes the place of `stream`: the same parts, result, errors and views, and leaving it
 * leaves `stream`; pausing it pauses `stream`. It gives its last part when the recording is complete; so is the file, once `result()` has resolved.
 * Parts are recorded as they come, however slowly they are read, and those that are never read too: a slow reader does
 * not pause the generation, unless `bufferPolicy` is `error`, by which it fails.
 *
 * A recording is text of one JSON value a line. The first has the version of the format, the model's name and the
 * request; each other one has `atMs`, in milliseconds since the first read, and the `part`. A failed stream's last one
 * is a part of type `error`.
 *
 * @param stream - The stream to record. It is read here, so it cannot be read elsewhere too.
 * @param to - The path or file URL of a file to make, or a function to give each line to. If that gives a promise, the
 *   next line waits for it.
 * @param options - What to write, and by which clock.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault, or where `stream` is already being read. From
 *   reading, `invalid-argument` with the `file` where the recording cannot be written: the generation is cancelled then.
 * @example
 * const { text } = await recordStream(model.streamPrompt('Hello!'), 'fixtures/hello.jsonl').result();
 */
export function recordStream<Part extends AnyStreamPart, Result extends GenerationResult>(
  stream: GenerationStream<Part, Result>,
  to: string | URL | RecordingSink,
  options?: RecordOptions,
): GenerationStream<Part, Result> {
  if (!(stream instanceof GenerationStream)) throw wrongValue('stream', 'a GenerationStream', stream);
  const checked = checkRecordOptions(options);
  const upstream = GenerationStream.generationOf(stream);
  const writer = new RecordingWriter(lineSink(to), { ...checked, originOf: () => upstream.origin });
  return GenerationStream.of(Relay.tapped(upstream, writer));
}

function lineSink(to: string | URL | RecordingSink): LineSink {
  return guardCheck('to', () => {
    if (typeof to === 'function') return new SinkLines(to);
    if (to instanceof URL) return new FileLines(fileURLToPath(to));
    if (typeof to === 'string' && to !== '') return new FileLines(to);
    throw wrongValue('to', 'a path, a file URL or a function', to);
  });
}
