import { commonOptions } from './command.ts';
import type { Command } from './command.ts';
import type { OptionSpec, OptionSpecs } from './arguments/option.ts';
import type { Paint } from './terminal/paint.ts';

const indent = '  ';
/** Wide enough for most names, narrow enough to leave room for what they do. */
const widestName = 26;

/** The help of one command: usage, options with their defaults, examples. */
export function commandHelp(name: string, command: Command, paint: Paint, columns = 80): string {
  const usage = command.usage.map((line) => `${indent}tramontane ${name} ${line}`.trimEnd()).join('\n');
  const groups = optionGroups({ ...command.options, ...commonOptions });
  const options = groups.map(([title, rows]) => `${paint('bold', `${title}:`)}\n${table(rows, columns)}`);
  const examples = command.examples.map(({ line, does }) => `${indent}${paint('dim', `# ${does}`)}\n${indent}${line}`);
  return `${[
    `${command.summary}.`,
    `${paint('bold', 'Usage:')}\n${usage}`,
    wrap(command.about, columns).join('\n'),
    ...options,
    `${paint('bold', 'Examples:')}\n${examples.join('\n')}`,
  ].join('\n\n')}\n`;
}

/** The help of the program: its commands, exit codes and environment. */
export function programHelp(commands: readonly (readonly [name: string, command: Command])[], paint: Paint, columns = 80): string {
  const rows = commands.map(([name, { summary }]) => [name, summary] as const);
  const codes = [
    ['0', 'done'],
    ['1', 'failed'],
    ['2', 'a command line that could not be understood'],
    ['130', 'interrupted by Ctrl-C'],
  ] as const;
  const environment = [
    ['TRAMONTANE_MODEL', 'the model where --model is not given'],
    ['TRAMONTANE_API_KEY', 'the key that clients of "serve" have to send'],
    ['HF_TOKEN, HF_HOME, …', 'as the Hugging Face hub\'s own tools have them'],
    ['OPENAI_API_KEY, …', 'keys of remote engines, each as its provider calls it'],
    ['NO_COLOR', 'no colours'],
  ] as const;
  return `${[
    'Language models on your machine.',
    `${paint('bold', 'Usage:')}\n${indent}tramontane COMMAND [OPTIONS]\n${indent}tramontane COMMAND --help\n${indent}tramontane --version`,
    `${paint('bold', 'Commands:')}\n${table(rows, columns)}`,
    `${paint('bold', 'Models:')}\n${wrap(
      'A model is a GGUF file, a folder with safetensors, a repository of the Hugging Face hub (org/name, or org/name:FILE where it holds several), or one of an engine elsewhere (ollama:NAME, openai:NAME, vllm:NAME).',
      columns - indent.length,
    )
      .map((line) => indent + line)
      .join('\n')}`,
    `${paint('bold', 'Examples:')}\n${indent}tramontane run -m ./model.gguf "Why is the sky blue?"\n${indent}tramontane chat -m org/name:model-Q4_K_M.gguf`,
    `${paint('bold', 'Exit codes:')}\n${table(codes, columns)}`,
    `${paint('bold', 'Environment:')}\n${table(environment, columns)}`,
  ].join('\n\n')}\n`;
}

function optionGroups(specs: OptionSpecs): (readonly [title: string, rows: (readonly [string, string])[]])[] {
  const groups = new Map<string, (readonly [string, string])[]>();
  for (const [name, spec] of Object.entries(specs)) {
    const title = spec.group ?? 'Options';
    groups.set(title, [...(groups.get(title) ?? []), [optionName(name, spec), optionText(spec)] as const]);
  }
  return [...groups];
}

function optionName(name: string, spec: OptionSpec): string {
  const short = spec.short === undefined ? '    ' : `-${spec.short}, `;
  const value = 'value' in spec ? ` ${spec.value}` : 'choices' in spec ? ' WHICH' : '';
  return `${short}--${name}${value}`;
}

function optionText(spec: OptionSpec): string {
  const choices = spec.kind === 'choice' ? `: ${spec.choices.join(', ')}` : '';
  const repeated = spec.kind === 'texts' ? '; may be given several times' : '';
  return `${spec.help}${choices}${repeated}${spec.default === undefined ? '' : ` (default: ${spec.default})`}`;
}

/** Names at the left, what they mean beside them; a long name has a line of its own. */
function table(rows: readonly (readonly [name: string, text: string])[], columns: number): string {
  const width = Math.min(widestName, Math.max(...rows.map(([name]) => name.length)));
  const left = indent.length + width + 2;
  return rows
    .flatMap(([name, text]) => {
      const lines = wrap(text, Math.max(30, columns - left)).map((line, at) => (at === 0 ? line : ' '.repeat(left) + line));
      if (name.length > width) return [indent + name, ...lines.map((line, at) => (at === 0 ? ' '.repeat(left) + line : line))];
      return [`${indent}${name.padEnd(width)}  ${lines[0] ?? ''}`, ...lines.slice(1)];
    })
    .join('\n');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
