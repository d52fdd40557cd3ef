import { TramontaneError } from '../spec/tramontane-error.ts';
import { closestName } from './closest-name.ts';

/** The bounds of a number, both included. */
interface Range {
  readonly min: number;
  readonly max: number;
}

/** The largest count that fits the engine's 32-bit fields. */
export const largestCount = 2 ** 32 - 1;

/** The `invalid-argument` error for `field`; `expected` completes the sentence "`field` must be ...". */
export function wrongValue(field: string, expected: string, value: unknown): TramontaneError {
  return new TramontaneError('invalid-argument', `${field} must be ${expected}, not ${describe(value)}`, { field });
}

/**
 * Refuses anything but a plain object (or nothing at all), and any option not in `known`. Where the object is an option
 * itself, `prefix` leads to its own: `dry.`.
 */
export function checkOptions(
  value: unknown,
  name: string,
  known: readonly string[],
  prefix = '',
): Readonly<Record<string, unknown>> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongValue(name, 'an object', value);
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const message = `unknown option ${quote(prefix + key)}; did you mean "${prefix}${closestName(key, known)}"?`;
    throw new TramontaneError('invalid-argument', message, { field: prefix + key });
  }
  return value as Readonly<Record<string, unknown>>;
}

/** A number within `range`, or `undefined` where none was given. */
export function checkNumber(value: unknown, field: string, { min, max }: Range): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    throw wrongValue(field, `a number from ${min} to ${max}`, value);
  }
  return value;
}

/** An integer within `range`, or `undefined` where none was given. */
export function checkInteger(value: unknown, field: string, { min, max }: Range): number | undefined {
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
    throw wrongValue(field, `an integer from ${min} to ${max}`, value);
  }
  return value as number;
}

/** Text, or `undefined` where none was given. Lone surrogates become U+FFFD, as JSON cannot carry them across. */
export function checkText(value: unknown, field: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw wrongValue(field, 'a string', value);
  return value.toWellFormed();
}

/** Text of at least one character, or `undefined` where none was given. */
export function checkFilledText(value: unknown, field: string): string | undefined {
  const text = checkText(value, field);
  if (text === '') throw wrongValue(field, 'a string that is not empty', value);
  return text;
}

/** `true`, `false`, or `undefined` where none was given. */
export function checkBoolean(value: unknown, field: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw wrongValue(field, 'true or false', value);
}

/** One of `choices`, or `undefined` where none was given. */
export function checkChoice<Choice extends string>(
  value: unknown,
  field: string,
  choices: readonly Choice[],
): Choice | undefined {
  if (value === undefined) return undefined;
  const choice = choices.find((known) => known === value);
  if (choice === undefined) throw wrongValue(field, `one of ${choices.map((known) => `"${known}"`).join(', ')}`, value);
  return choice;
}

/** A function, or `undefined` where none was given. */
export function checkFunction(value: unknown, field: string): ((...values: unknown[]) => unknown) | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'function') throw wrongValue(field, 'a function', value);
  return value as (...values: unknown[]) => unknown;
}

/** An AbortSignal, of any realm or polyfill, or `undefined` where none was given. */
export function checkAbortSignal(value: unknown, field: string): AbortSignal | undefined {
  if (value === undefined) return undefined;
  const signal = value as Partial<AbortSignal> | null;
  const usable =
    typeof signal === 'object' &&
    signal !== null &&
    typeof signal.aborted === 'boolean' &&
    typeof signal.addEventListener === 'function' &&
    typeof signal.removeEventListener === 'function';
  if (usable) return value as AbortSignal;
  const hint = value instanceof AbortController ? ' (pass its signal)' : '';
  throw wrongValue(field, `an AbortSignal${hint}`, value);
}

/** Runs `check`; what it throws on hostile input (a throwing getter, a revoked proxy) becomes `invalid-argument` too. */
export function guardCheck<Checked>(name: string, check: () => Checked): Checked {
  try {
    return check();
  } catch (cause) {
    if (TramontaneError.isInstance(cause)) throw cause;
    throw new TramontaneError('invalid-argument', `${name} could not be read`, { field: name, cause });
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

function describe(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint') return 'a bigint';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof AbortController) return 'an AbortController';
  return value === undefined ? 'undefined' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
