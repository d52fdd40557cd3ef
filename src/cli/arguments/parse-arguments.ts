import { parseArgs } from 'node:util';
import { closestName } from '../../request/closest-name.ts';
import { CommandError } from '../command-error.ts';
import type { OptionSpec, OptionSpecs, ValuesOf } from './option.ts';
import { optionValue } from './option-value.ts';

/** What was typed behind a command's name. */
export interface ParsedArguments<Specs extends OptionSpecs> {
  readonly values: ValuesOf<Specs>;
  readonly positionals: readonly string[];
}

type Value = boolean | string | number | readonly string[] | undefined;

/**
 * Reads arguments by the options there are. The last one counts where an option is given twice; behind `--` nothing is
 * an option.
 *
 * @throws {CommandError} Exit code 2, with the closest name where there is no such option.
 */
export function parseArguments<Specs extends OptionSpecs>(args: readonly string[], specs: Specs): ParsedArguments<Specs> {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { kind, short }]) => [
      name,
      { type: kind === 'flag' ? ('boolean' as const) : ('string' as const), ...(short === undefined ? {} : { short }) },
    ]),
  );
  // Not strict, as its errors are not ours: they name no closest option, and speak of positionals.
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const values: Record<string, Value> = {};
  for (const [name, { kind }] of Object.entries(specs)) {
    values[name] = kind === 'flag' ? false : kind === 'texts' ? [] : undefined;
  }
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
    if (!spec) throw unknownOption(token.rawName, specs);
    values[token.name] = valueOf(spec, token, values[token.name]);
  }
  return { values: values as ValuesOf<Specs>, positionals };
}

interface OptionToken {
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function valueOf(spec: OptionSpec, { rawName, value, inlineValue }: OptionToken, before: Value): Value {
  if (spec.kind === 'flag') {
    if (value !== undefined) throw CommandError.usage(`${rawName} takes no value`);
    return true;
  }
  // The next option was taken for the value that is missing. A negative number is none.
  const isOption = !inlineValue && value !== undefined && /^-[^\d.]/.test(value);
  if (value === undefined || isOption) {
    const hint = isOption ? `; write ${rawName}=${value} where it is the value` : '';
    throw CommandError.usage(`${rawName} needs a value${hint}`);
  }
  const read = optionValue(spec, rawName, value);
  return spec.kind === 'texts' ? [...(before as readonly string[]), String(read)] : read;
}

function unknownOption(rawName: string, specs: OptionSpecs): CommandError {
  const names = Object.keys(specs);
  // One letter is no misspelling of a word.
  const hint = rawName.startsWith('--') ? `; did you mean --${closestName(rawName, names)}?` : '';
  return CommandError.usage(`unknown option ${rawName}${hint}`);
}
