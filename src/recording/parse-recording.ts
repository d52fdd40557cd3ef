import { checkFields, checkText, readPart } from '../request/read-part.ts';
import type { Fields } from '../request/read-part.ts';
import type { FailurePart } from '../spec/failure-part.ts';
import type { StreamPart } from '../spec/stream-part.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { formatVersion } from './recording.ts';
import type { Recording, TimedPart } from './recording.ts';

/**
 * Reads the text of a recording.
 *
 * @param file - Where it was found, for errors.
 * @throws {TramontaneError} `invalid-argument` with the `file`, naming the first damaged line.
 */
export function parseRecording(text: string, file?: string): Recording {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  let lineNumber = 0;
  try {
    const header = checkHeader(fieldsOf(lines[0] ?? ''));
    const parts: TimedPart[] = [];
    for (const line of lines.slice(1)) {
      lineNumber += 1;
      const last = parts.at(-1);
      if (last && isLast(last.part)) throw new Error('it follows the last part of the stream');
      parts.push(checkTimedPart(fieldsOf(line), last?.atMs ?? 0));
    }
    lineNumber += 1;
    const last = parts.at(-1);
    if (!last || !isLast(last.part)) throw new Error('the stream breaks off here, without a finish part or an error');
    return { ...header, parts };
  } catch (cause) {
    const where = `line ${lineNumber + 1} of ${file ?? 'the recording'}`;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `${where} cannot be replayed: ${reason}; record the stream anew`;
    throw new TramontaneError('invalid-argument', message, { field: 'recording', file });
  }
}

function fieldsOf(line: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error('it is no JSON');
  }
  return checkFields(value, 'it');
}

function checkHeader({ tramontaneRecording, model, request }: Fields): Omit<Recording, 'parts'> {
  if (tramontaneRecording === undefined) throw new Error('this is no recording of tramontane');
  if (tramontaneRecording !== formatVersion) {
    throw new Error(`its format is ${JSON.stringify(tramontaneRecording)}, and this version reads ${formatVersion}`);
  }
  return {
    ...(model !== undefined && { model: checkText(model, 'model') }),
    ...(request !== undefined && { request }),
  };
}

function checkTimedPart({ atMs, part }: Fields, previousMs: number): TimedPart {
  if (typeof atMs !== 'number' || !(atMs >= previousMs)) {
    throw new Error(`atMs must be a number, and not less than that of the line before`);
  }
  return { atMs, part: readPart(checkFields(part, 'part')) };
}

function isLast({ type }: StreamPart | FailurePart): boolean {
  return type === 'finish' || type === 'error';
}
