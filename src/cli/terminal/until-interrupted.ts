import { CommandError, exitCodes } from '../command-error.ts';
import type { Terminal } from './terminal.ts';

/**
 * Runs `work` with a signal that Ctrl-C raises; a second Ctrl-C ends the process at once.
 *
 * @throws {CommandError} With exit code 130 where it was interrupted and `work` failed because of that.
 */
export async function untilInterrupted<Result>(terminal: Terminal, work: (abortSignal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  const stop = terminal.onSignal('SIGINT', () => {
    if (controller.signal.aborted) terminal.exit(exitCodes.interrupted);
    controller.abort();
  });
  try {
    return await work(controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? CommandError.interrupted() : error;
  } finally {
    stop();
  }
}
