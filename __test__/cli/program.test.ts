import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/arguments/parse-arguments.ts';
import { commonOptions } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands.ts';
import { runProgram } from '../../src/cli/program.ts';
import { fakeTerminal } from '../support/cli/fake-terminal.ts';
import type { FakeTerminalOptions } from '../support/cli/fake-terminal.ts';

async function run(args: readonly string[], options?: FakeTerminalOptions) {
  const terminal = fakeTerminal(options);
  const code = await runProgram(args, terminal);
  return { code, ...terminal.written };
}

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Reads a line of a shell as the command that it names would. Whether it names as many things as that takes. */
async function isUnderstood(line: string): Promise<boolean> {
  const [, name = '', rest = ''] = /tramontane (\w+) ?(.*?)(?: [|>] .*)?$/.exec(line) ?? [];
  const command = await commands[name]?.();
  if (!command) throw new Error(`${line} names no command`);
  const words = Array.from(rest.matchAll(/"[^"]*"|'[^']*'|\S+/g), ([word]) => word.replaceAll(/^["']|["']$/g, ''));
  const { positionals } = parseArguments(words, { ...command.options, ...commonOptions });
  const { min, max } = command.positionals;
  return positionals.length >= min && positionals.length <= max;
}

const { version } = JSON.parse(read('package.json')) as { version: string };

describe('the program', () => {
  it('is what package.json names, and can be executed', () => {
    const { bin } = JSON.parse(read('package.json')) as { bin: { tramontane: string } };
    expect(bin.tramontane.replace(/^dist/, 'src').replace(/js$/, 'ts')).toBe('src/cli/main.ts');
    expect(read('src/cli/main.ts')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('understands the command lines of the README', async () => {
    const lines = Array.from(read('README.md').matchAll(/^\$ .*npx tramontane .*$/gm), ([line]) => line);
    expect(lines.length).toBeGreaterThanOrEqual(4);
    expect(await Promise.all(lines.map(isUnderstood))).not.toContain(false);
  });

  it.each([['--version'], ['-V']])('tells its version by %s', async (option) => {
    expect(await run([option])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('lists its commands, exit codes and variables by --help', async () => {
    const { code, stdout, stderr } = await run(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of Object.keys(commands)) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    for (const word of ['130', 'TRAMONTANE_MODEL', 'NO_COLOR']) expect(stdout).toContain(word);
  });

  it('shows the same as a hint, on standard error, where nothing was said', async () => {
    const { code, stdout, stderr } = await run([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('tramontane COMMAND --help');
  });

  it('names the closest command', async () => {
    const { code, stderr } = await run(['rnu']);
    expect(code).toBe(2);
    expect(stderr).toBe('tramontane: unknown command "rnu"; did you mean "tramontane run"? "tramontane --help" lists all\n');
  });

  it('names the closest option of the command', async () => {
    const { code, stdout, stderr } = await run(['run', '--max-token', '5', 'hi']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe('tramontane: unknown option --max-token; did you mean --max-tokens?\n');
  });

  it('tells where an error came from with --debug, and only then', async () => {
    const { stderr: plain } = await run(['run', '--max-token', '5']);
    const { stderr: debug } = await run(['run', '--max-token', '5', '--debug']);
    expect(plain.split('\n')).toHaveLength(2);
    expect(debug).toContain('parse-arguments');
  });

  it('paints in a terminal, unless it is told not to', async () => {
    const escape = '\u001b[';
    const helpIn = async (args: readonly string[], options: FakeTerminalOptions) => (await run([...args, '--help'], options)).stdout;
    expect(await helpIn([], { isTTY: true })).toContain(escape);
    expect(await helpIn([], { isTTY: false })).not.toContain(escape);
    expect(await helpIn(['--no-color'], { isTTY: true })).not.toContain(escape);
    expect(await helpIn([], { isTTY: true, env: { NO_COLOR: '1' } })).not.toContain(escape);
    expect(await helpIn([], { isTTY: true, env: { TERM: 'dumb' } })).not.toContain(escape);
  });
});

describe.each(Object.entries(commands))('the help of %s', (name, load) => {
  it('has its usage, each of its options, and two examples', async () => {
    const command = await load();
    const { code, stdout } = await run([name, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`tramontane ${name} `);
    for (const option of Object.keys(command.options)) expect(stdout).toMatch(new RegExp(`--${option}\\b`));
    expect(command.examples.length).toBeGreaterThanOrEqual(2);
    for (const { line } of command.examples) expect(stdout).toContain(line);
  });

  it('is the same by "help"', async () => {
    expect(await run(['help', name])).toEqual(await run([name, '--help']));
  });

  it('stays within 80 columns, but for the examples', async () => {
    const { stdout } = await run([name, '--help']);
    const [beforeExamples = ''] = stdout.split('Examples:');
    expect(beforeExamples.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('has examples that can be parsed', async () => {
    const { examples } = await load();
    expect(await Promise.all(examples.map(({ line }) => isUnderstood(line)))).not.toContain(false);
  });
});

describe('run, without a model', () => {
  it.each([
    [['run', 'hi'], 2, 'which model? name one by --model'],
    [['run', '-m', 'x.gguf'], 2, 'what is the prompt?'],
    [['run', '-m', 'x.gguf', '--json', '--stream-json', 'hi'], 2, 'give --json or --stream-json, not both'],
    [['run', '-m', 'x.gguf', '--regex', 'a', '--json-object', 'hi'], 2, 'a reply has one form'],
    [['run', '-m', 'x.gguf', '--json-schema', '{', 'hi'], 2, '--json-schema is not JSON'],
    [['run', '-m', 'x.gguf', '--json-schema', '[]', 'hi'], 2, '--json-schema must be an object'],
    [['run', '-m', 'x.gguf', '--schema', '/no/such.json', 'hi'], 1, 'the schema /no/such.json cannot be read'],
    [['run', '-m', 'openai:gpt', '--threads', '2', 'hi'], 2, '--threads is for models in this process'],
    [['run', '-m', 'x', '--url', 'http://127.0.0.1:1', '--api-key-env', 'NOT_SET', 'hi'], 2, 'NOT_SET is to hold the key and is not set'],
    [['run', '-m', 'x', '--remote', 'opnai', 'hi'], 2, '--remote must be one of'],
    [['run', '-m', 'x', '--url', 'nonsense', 'hi'], 2, '--url must be'],
    [['chat', 'a', 'b'], 2, '"b" is too much; usage: tramontane chat'],
    [['chat', 'a', '-m', 'b'], 2, 'two models were named'],
  ])('%j ends with %i', async (args, code, message) => {
    const end = await run(args);
    expect({ code: end.code, stdout: end.stdout }).toEqual({ code, stdout: '' });
    expect(end.stderr).toContain(`tramontane: ${message}`);
    expect(end.stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
