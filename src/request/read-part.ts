import { isErrorCode } from '../spec/error-code.ts';
import type { FailurePart } from '../spec/failure-part.ts';
import type { FinishReason } from '../spec/finish-reason.ts';
import type { StreamPart } from '../spec/stream-part.ts';

export type Fields = Readonly<Record<string, unknown>>;

const finishReasons = { stop: 1, length: 1, 'tool-calls': 1, aborted: 1, error: 1 } satisfies Record<FinishReason, 1>;
const usageCounts = ['inputTokens', 'outputTokens', 'totalTokens', 'cachedInputTokens'];
const times = ['queuedMs', 'prefillMs', 'decodeMs', 'totalMs', 'pausedMs'];
const timesOrNull = ['firstTokenMs', 'stopMs', 'tokensPerSecond'];

/**
 * A part as a recording has it, or as it came from elsewhere. Those of types that a later version has made are passed on
 * as they are, and counts that an older one did not know are zero. Throws what is wrong with it.
 */
export function readPart(part: Fields): StreamPart | FailurePart {
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
    case 'log-probabilities':
      for (const token of checkList(part['tokens'], 'tokens')) {
        const { alternatives } = checkLogProbability(token, 'tokens');
        for (const alternative of checkList(alternatives, 'alternatives')) checkLogProbability(alternative, 'alternatives');
      }
      break;
    case 'finish':
      if (!Object.hasOwn(finishReasons, checkText(part['finishReason'], 'finishReason'))) {
        throw new Error('finishReason is not one of this version');
      }
      return { ...part, ...checkCounts(part) } as unknown as StreamPart;
    case 'error': {
      const failure = checkFields(part['error'], 'error');
      const code = checkText(failure['code'], 'error.code');
      checkText(failure['message'], 'error.message');
      const counts = part['usage'] === undefined && part['timings'] === undefined ? {} : checkCounts(part);
      const error = { ...failure, code: isErrorCode(code) ? code : 'engine-failed' };
      return { ...part, ...counts, error } as unknown as FailurePart;
    }
  }
  return part as unknown as StreamPart;
}

export function checkFields(value: unknown, name: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Error(`${name} must be an object`);
}

export function checkText(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw new Error(`${name} must be a string`);
}

function checkToolPart(part: Fields): void {
  checkNumber(part['index'], 'index');
  checkText(part['toolCallId'], 'toolCallId');
  if (part['type'] === 'tool-call-delta') checkText(part['delta'], 'delta');
  else checkText(part['toolName'], 'toolName');
  if (part['type'] === 'tool-call') checkText(part['inputText'], 'inputText');
}

function checkLogProbability(value: unknown, name: string): Fields {
  const token = checkFields(value, `each of ${name}`);
  checkNumber(token['tokenId'], 'tokenId');
  checkText(token['text'], 'text');
  checkNumber(token['logProbability'], 'logProbability');
  return token;
}

function checkCounts(part: Fields): { usage: Fields; timings: Fields } {
  const counts = checkFields(part['usage'], 'usage');
  const usage: Fields = { ...counts, cachedInputTokens: counts['cachedInputTokens'] ?? 0 };
  for (const name of usageCounts) checkNumber(usage[name], `usage.${name}`);
  const measured = checkFields(part['timings'], 'timings');
  const timings: Fields = { ...measured, pausedMs: measured['pausedMs'] ?? 0, stopMs: measured['stopMs'] ?? null };
  for (const name of times) checkNumber(timings[name], `timings.${name}`);
  for (const name of timesOrNull) if (timings[name] !== null) checkNumber(timings[name], `timings.${name}`);
  return { usage, timings };
}

function checkList(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`${name} must be an array`);
}

function checkNumber(value: unknown, name: string): void {
  if (typeof value !== 'number') throw new Error(`${name} must be a number`);
}
