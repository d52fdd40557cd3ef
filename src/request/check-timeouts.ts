import { checkNumber } from './check-value.ts';

/** Checked timeouts, in milliseconds; 0 for none. */
export interface CheckedTimeouts {
  readonly firstTokenTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** Timers take no more: a longer one would run out at once. */
const longestTimeoutMs = 2 ** 31 - 1;

/** Checks the timeouts among `options`. Throws `invalid-argument`. */
export function checkTimeouts(options: Readonly<Record<string, unknown>>): CheckedTimeouts {
  return {
    firstTokenTimeoutMs: checkTimeout(options, 'firstTokenTimeoutMs'),
    idleTimeoutMs: checkTimeout(options, 'idleTimeoutMs'),
  };
}

function checkTimeout(options: Readonly<Record<string, unknown>>, name: keyof CheckedTimeouts): number {
  return checkNumber(options[name], name, { min: 0, max: longestTimeoutMs }) ?? 0;
}
