import type { RecordOptions, ReplayOptions } from '../spec/recording-options.ts';
import { checkBuffer } from './check-buffer.ts';
import type { BufferBudget } from './check-buffer.ts';
import { checkTimeouts } from './check-timeouts.ts';
import type { CheckedTimeouts } from './check-timeouts.ts';
import { checkAbortSignal, checkBoolean, checkFunction, checkOptions, guardCheck, wrongValue } from './check-value.ts';

const recordOptionNames = Object.keys({ includeRequest: true, now: true } satisfies Record<keyof RecordOptions, true>);
const replayOptionNames = Object.keys({
  speed: true,
  abortSignal: true,
  firstTokenTimeoutMs: true,
  idleTimeoutMs: true,
  maxBufferedParts: true,
  maxBufferedBytes: true,
  bufferPolicy: true,
} satisfies Record<keyof ReplayOptions, true>);

/** Checks what `recordStream` was given. Throws `invalid-argument`. */
export function checkRecordOptions(options: RecordOptions | undefined): { includeRequest: boolean; now: () => number } {
  return guardCheck('options', () => {
    const checked = checkOptions(options, 'options', recordOptionNames);
    return {
      includeRequest: checkBoolean(checked['includeRequest'], 'includeRequest') ?? true,
      now: (checkFunction(checked['now'], 'now') as (() => number) | undefined) ?? (() => performance.now()),
    };
  });
}

/** Options of a replay; `speed` is how many times as fast as recorded, `Infinity` for at once. */
export interface CheckedReplay {
  readonly speed: number;
  readonly abortSignal: AbortSignal | undefined;
  readonly timeouts: CheckedTimeouts;
  readonly budget: BufferBudget;
}

/** Checks what `replayStream` was given. Throws `invalid-argument`. */
export function checkReplayOptions(options: ReplayOptions | undefined): CheckedReplay {
  return guardCheck('options', () => {
    const checked = checkOptions(options, 'options', replayOptionNames);
    return {
      speed: checkSpeed(checked['speed']),
      abortSignal: checkAbortSignal(checked['abortSignal'], 'abortSignal'),
      timeouts: checkTimeouts(checked),
      budget: checkBuffer(checked),
    };
  });
}

function checkSpeed(value: unknown): number {
  if (value === undefined || value === 'recorded') return 1;
  if (value === 'instant') return Infinity;
  if (typeof value === 'number' && value > 0) return value;
  throw wrongValue('speed', '"recorded", "instant" or a number above 0', value);
}
