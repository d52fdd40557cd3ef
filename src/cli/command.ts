import type { OptionSpecs, ValuesOf } from './arguments/option.ts';
import type { Paint } from './terminal/paint.ts';
import type { Terminal } from './terminal/terminal.ts';

/** The options that every command has. */
export const commonOptions = {
  'no-color': { kind: 'flag', group: 'Common', help: 'no colours; so does NO_COLOR in the environment' },
  debug: { kind: 'flag', group: 'Common', help: 'errors with their stack and what caused them' },
  help: { kind: 'flag', short: 'h', group: 'Common', help: 'this text' },
} as const satisfies OptionSpecs;

/** What a command is given when it runs. */
export interface Invocation<Specs extends OptionSpecs> {
  readonly values: ValuesOf<Specs & typeof commonOptions>;
  readonly positionals: readonly string[];
  readonly terminal: Terminal;
  /** For what goes to standard output, and to standard error. */
  readonly paint: { readonly stdout: Paint; readonly stderr: Paint };
}

/** A command of the program: what its help says, what it takes, and what it does. */
export interface CommandSpec<Specs extends OptionSpecs> {
  /** One line for the list of commands. */
  readonly summary: string;
  /** What stands behind the command's name, one line each: `[OPTIONS] "PROMPT"`. */
  readonly usage: readonly string[];
  /** What there is to know besides the options. */
  readonly about: string;
  /** Command lines with what they do. */
  readonly examples: readonly { readonly line: string; readonly does: string }[];
  /** How many arguments may stand beside the options. */
  readonly positionals: { readonly min: number; readonly max: number };
  readonly options: Specs;
  /**
   * Gives the exit code. An error that it throws is told in one line.
   *
   * @throws {CommandError | TramontaneError}
   */
  run(invocation: Invocation<Specs>): Promise<number>;
}

/** A command whose options only it knows by name. */
export type Command = Omit<CommandSpec<OptionSpecs>, 'run'> & {
  run(invocation: Invocation<never>): Promise<number>;
};

/** Gives `run` the types of the options that `spec` declares. */
export function defineCommand<const Specs extends OptionSpecs>(spec: CommandSpec<Specs>): Command {
  return spec;
}
