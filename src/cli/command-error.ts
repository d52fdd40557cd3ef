/** The exit codes of the program, as its help lists them. */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Ends a command with one line on standard error, which says what is wrong and what to do. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exitCodes.failed, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }

  /** For what was typed wrong. */
  static usage(message: string): CommandError {
    return new CommandError(message, exitCodes.usage);
  }

  /** For Ctrl-C: nothing needs to be said. */
  static interrupted(): CommandError {
    return new CommandError('', exitCodes.interrupted);
  }
}
