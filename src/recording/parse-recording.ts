import { isErrorCode } from '../spec/error-code.ts';
import type { FailurePart } from '../spec/failure-part.ts';
import type { FinishReason } from '../spec/finish-reason.ts';
import type { StreamPart } from '../spec/stream-part.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { formatVersion } from './recording.ts';
import type { Recording, TimedPart } from './recording.ts';

type Fields = Readonly<Record<string, unknown>>;

const finishReasons = { stop: 1, length: 1, 'tool-calls': 1, aborted: 1, error: 1 } satisfies Record<FinishReason, 1>;
const usageCounts = ['inputTokens', 'outputTokens', 'totalTokens'];
const times = ['queuedMs', 'prefillMs', 'decodeMs', 'totalMs'];
const timesOrNull = ['firstTokenMs', 'tokensPerSecond'];

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
  return { atMs, part: checkPart(checkFields(part, 'part')) };
}

/** Parts of types that a later version has made are passed on as they are. */
function checkPart(part: Fields): StreamPart | FailurePart {
  switch (checkText(part['type'], 'type')) {
    case 'text-delta':
    case 'reasoning-delta':
      checkText(part['delta'], 'delta');
      break;
    case 'tool-call-start':
    case 'tool-call-delta':
    case 'tool-call':
      checkToolPart(part);
      break;
    case 'finish':
      if (!Object.hasOwn(finishReasons, checkText(part['finishReason'], 'finishReason'))) {
        throw new Error('finishReason is not one of this version');
      }
      checkCounts(part);
      break;
    case 'error': {
      const failure = checkFields(part['error'], 'error');
      const code = checkText(failure['code'], 'error.code');
      checkText(failure['message'], 'error.message');
      if (part['usage'] !== undefined || part['timings'] !== undefined) checkCounts(part);
      return { ...part, error: { ...failure, code: isErrorCode(code) ? code : 'engine-failed' } } as unknown as FailurePart;
    }
  }
  return part as unknown as StreamPart;
}

function checkToolPart(part: Fields): void {
  checkNumber(part['index'], 'index');
  checkText(part['toolCallId'], 'toolCallId');
  if (part['type'] === 'tool-call-delta') checkText(part['delta'], 'delta');
  else checkText(part['toolName'], 'toolName');
  if (part['type'] === 'tool-call') checkText(part['inputText'], 'inputText');
}

function checkCounts(part: Fields): void {
  const usage = checkFields(part['usage'], 'usage');
  for (const name of usageCounts) checkNumber(usage[name], `usage.${name}`);
  const timings = checkFields(part['timings'], 'timings');
  for (const name of times) checkNumber(timings[name], `timings.${name}`);
  for (const name of timesOrNull) if (timings[name] !== null) checkNumber(timings[name], `timings.${name}`);
}

function isLast({ type }: StreamPart | FailurePart): boolean {
  return type === 'finish' || type === 'error';
}

function checkFields(value: unknown, name: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Error(`${name} must be an object`);
}

function checkText(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw new Error(`${name} must be a string`);
}

function checkNumber(value: unknown, name: string): void {
  if (typeof value !== 'number') throw new Error(`${name} must be a number`);
}
