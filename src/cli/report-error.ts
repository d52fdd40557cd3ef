import { inspect } from 'node:util';
import { TramontaneError } from '../index.ts';
import type { OptionSpecs } from './arguments/option.ts';
import { CommandError, exitCodes } from './command-error.ts';
import { harmlessText } from './terminal/harmless-text.ts';
import type { Paint } from './terminal/paint.ts';
import type { Terminal } from './terminal/terminal.ts';

/** What is needed to tell of an error. */
interface ReportOptions {
  readonly terminal: Terminal;
  readonly paint: Paint;
  /** Those of the command: the library's errors name fields, and a person has typed options. */
  readonly options: OptionSpecs;
  readonly debug: boolean;
}

/** Tells what went wrong in one line on standard error, and gives the exit code. */
export function reportError(error: unknown, { terminal, paint, options, debug }: ReportOptions): number {
  const message = errorMessage(error, options);
  if (message !== '') terminal.stderr.write(`${paint('red', 'tramontane:')} ${message}\n`);
  if (debug) terminal.stderr.write(`${inspect(error, { depth: 4 })}\n`);
  return exitCodeOf(error, options);
}

/** The error in one line, with the command's options in place of the library's fields. */
export function errorMessage(error: unknown, options: OptionSpecs = {}): string {
  if (!(error instanceof Error)) return String(error);
  const option = optionOf(error, options);
  const { message } = error;
  const named = option === undefined ? message : message.replace(option.field, `--${option.name}`);
  const expected = error instanceof CommandError || TramontaneError.isInstance(error) || isSystemError(error);
  return oneLine(expected ? named : `${named} (this is a fault of the program; --debug shows where)`);
}

function exitCodeOf(error: unknown, options: OptionSpecs): number {
  if (error instanceof CommandError) return error.exitCode;
  if (TramontaneError.isInstance(error) && optionOf(error, options)) return exitCodes.usage;
  return exitCodes.failed;
}

function optionOf(error: unknown, options: OptionSpecs): { readonly name: string; readonly field: string } | undefined {
  if (!TramontaneError.isInstance(error) || error.code !== 'invalid-argument') return undefined;
  const { field } = error;
  const name = Object.keys(options).find((known) => field !== undefined && options[known]?.field === field);
  return name === undefined || field === undefined ? undefined : { name, field };
}

/** Whether the system refused something, such as a file that may not be read: its messages say enough. */
function isSystemError(error: Error): boolean {
  return 'syscall' in error;
}

/** File names and the words of servers are in errors too. */
function oneLine(text: string): string {
  return harmlessText(text).trim().replaceAll(/\s*\n\s*/g, '; ');
}
