import { styleText } from 'node:util';
import type { Terminal, TerminalOutput } from './terminal.ts';

/** The styles that output has here. */
export type Style = 'bold' | 'dim' | 'red' | 'cyan';

/** Gives text a style, or leaves it as it is where there are no colours. */
export type Paint = (style: Style, text: string) => string;

/**
 * How to paint what goes to `output`: not at all where that is no terminal, with `--no-color`, where `NO_COLOR` is set
 * to anything (no-color.org), and in a terminal that can do nothing.
 */
export function paintFor(output: TerminalOutput, { env }: Pick<Terminal, 'env'>, noColor: boolean): Paint {
  const coloured = output.isTTY === true && !noColor && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  // What is written to was judged above; by itself it would judge by this process's standard output.
  return coloured ? (style, text) => (text === '' ? '' : styleText(style, text, { validateStream: false })) : (_, text) => text;
}
