import { readFileSync } from 'node:fs';
import { closestName } from '../request/closest-name.ts';
import { parseArguments } from './arguments/parse-arguments.ts';
import { CommandError, exitCodes } from './command-error.ts';
import { commonOptions } from './command.ts';
import type { Command } from './command.ts';
import { commands } from './commands.ts';
import { commandHelp, programHelp } from './help-text.ts';
import { reportError } from './report-error.ts';
import { paintFor } from './terminal/paint.ts';
import type { Terminal } from './terminal/terminal.ts';

/**
 * Runs one command line and gives its exit code. It never throws: what goes wrong is told in one line on standard error,
 * with its stack where `--debug` is among the arguments.
 *
 * @param args - What stands behind the program's name.
 */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  const given = optionsOf(args);
  const noColor = given.includes('--no-color');
  const paint = { stdout: paintFor(terminal.stdout, terminal, noColor), stderr: paintFor(terminal.stderr, terminal, noColor) };
  const { columns } = terminal.stdout;
  let command: Command | undefined;
  try {
    const { name, rest } = splitCommand(args);
    if (name === undefined) {
      if (rest.includes('--version') || rest.includes('-V')) terminal.stdout.write(`${packageVersion()}\n`);
      else {
        const { values } = parseArguments(rest, { ...commonOptions, version: { kind: 'flag', short: 'V', help: 'the version' } });
        const help = programHelp(await allCommands(), paint.stdout, columns);
        // Asked for it is a result; shown because nothing was said, it is a hint.
        (values.help ? terminal.stdout : terminal.stderr).write(help);
        return values.help ? exitCodes.done : exitCodes.usage;
      }
      return exitCodes.done;
    }
    command = await commandOf(name);
    if (optionsOf(rest).some((arg) => arg === '--help' || arg === '-h')) {
      terminal.stdout.write(commandHelp(name, command, paint.stdout, columns));
      return exitCodes.done;
    }
    const { values, positionals } = parseArguments(rest, { ...command.options, ...commonOptions });
    checkPositionals(name, command, positionals);
    return await command.run({ values: values as never, positionals, terminal, paint });
  } catch (error) {
    return reportError(error, { terminal, paint: paint.stderr, options: command?.options ?? {}, debug: given.includes('--debug') });
  }
}

/** What may be options: nothing behind `--` is. */
function optionsOf(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--');
  return end < 0 ? args : args.slice(0, end);
}

/** The first word that is no option is the command's name; `help NAME` asks for its help. */
function splitCommand(args: readonly string[]): { readonly name: string | undefined; readonly rest: readonly string[] } {
  const at = args.findIndex((arg) => !arg.startsWith('-'));
  if (at < 0) return { name: undefined, rest: args };
  const rest = [...args.slice(0, at), ...args.slice(at + 1)];
  if (args[at] !== 'help') return { name: args[at], rest };
  return { name: splitCommand(rest).name, rest: ['--help'] };
}

async function commandOf(name: string): Promise<Command> {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load) return load();
  const closest = closestName(name, Object.keys(commands));
  throw CommandError.usage(`unknown command ${JSON.stringify(name)}; did you mean "tramontane ${closest}"? "tramontane --help" lists all`);
}

async function allCommands(): Promise<(readonly [string, Command])[]> {
  return Promise.all(Object.entries(commands).map(async ([name, load]) => [name, await load()] as const));
}

function checkPositionals(name: string, { positionals: { min, max }, usage }: Command, given: readonly string[]): void {
  if (given.length >= min && given.length <= max) return;
  const what = given.length < min ? 'something is missing' : `${JSON.stringify(given[max])} is too much`;
  throw CommandError.usage(`${what}; usage: tramontane ${name} ${usage[0] ?? ''}`);
}

function packageVersion(): string {
  // As far from here in dist as in src.
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
