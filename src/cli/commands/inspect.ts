import { inspectModel } from '../../index.ts';
import type { ModelDescription } from '../../index.ts';
import { exitCodes, CommandError } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { filesOf } from '../model/files-of.ts';
import { fileOptions, loadOptions } from '../model/model-options.ts';
import { columnsOf } from '../terminal/columns-of.ts';
import type { Paint } from '../terminal/paint.ts';
import { formatBytes, formatCount } from '../terminal/units.ts';
import { harmlessText } from '../terminal/harmless-text.ts';

const { file, revision, 'cache-dir': cacheDir } = fileOptions;

/** `tramontane inspect`: what a model is, without loading it. */
export const inspect = defineCommand({
  summary: 'Tell what a model is, without loading it',
  usage: ['[OPTIONS] MODEL'],
  about:
    'Reads the headers of a model\'s files: architecture, weights, types of quantisation, context, tokenizer, chat template, whether it can be loaded here, and how much memory it would take. A model of the hub has to be downloaded before.',
  examples: [
    { line: 'tramontane inspect ./model.gguf --context-length 4096', does: 'what is in a file, and the memory it takes with a context of 4,096 tokens' },
    { line: 'tramontane inspect org/name --template', does: 'the chat template alone' },
  ],
  positionals: { min: 1, max: 1 },
  options: {
    template: { kind: 'flag', help: 'only the chat template, as Jinja source' },
    json: { kind: 'flag', help: 'everything as one JSON object' },
    file,
    revision,
    'cache-dir': cacheDir,
    'context-length': { ...loadOptions['context-length'], help: 'tokens of context to estimate memory for' },
  },
  async run({ values, positionals: [name = ''], terminal, paint }) {
    const { model, options } = filesOf(name, values);
    const description = await inspectModel(model, { ...options, contextLength: values['context-length'] });
    const { stdout } = terminal;
    if (values.json) stdout.write(`${JSON.stringify(description)}\n`);
    else if (values.template) {
      if (description.chatTemplate === null) throw new CommandError(`${name} has no chat template`);
      stdout.write(`${description.chatTemplate}\n`);
    } else stdout.write(`${stdout.isTTY ? harmlessText(describe(description, paint.stdout)) : describe(description, paint.stdout)}\n`);
    return exitCodes.done;
  },
});

function describe(model: ModelDescription, paint: Paint): string {
  const { files, bytes, architecture, parameterCount, contextLength, memory, problem, chatTemplate } = model;
  const shape = [
    [model.layerCount, 'layers'],
    [model.embeddingWidth, 'wide'],
    [model.headCount, 'heads'],
    [model.keyValueHeadCount, 'for keys and values'],
    [model.expertCount || null, 'experts'],
  ] as const;
  const rows: (readonly [string, string | null])[] = [
    ['name', model.name],
    ['path', model.path],
    ['kind', model.kind === 'embedding' ? 'embedding: turns texts into vectors' : 'text'],
    ['format', `${model.format}, ${formatBytes(bytes)} in ${files.length} ${files.length === 1 ? 'file' : 'files'}`],
    ['architecture', architecture],
    ['shape', shape.filter(([count]) => count !== null).map(([count, what]) => `${formatCount(count ?? 0)} ${what}`).join(', ') || null],
    ['parameters', parameterCount > 0 ? formatCount(parameterCount) : null],
    ['quantisation', model.quantization],
    ['context', contextLength === null ? null : `${formatCount(contextLength)} tokens`],
    ['vocabulary', model.vocabularySize === null ? null : `${formatCount(model.vocabularySize)} tokens`],
    ['tokenizer', model.tokenizer],
    ['chat template', chatTemplate === null ? 'none: it can only continue text' : `${formatCount(chatTemplate.length)} characters; --template shows it`],
    [
      'memory',
      memory &&
        `${formatBytes(memory.totalBytes)}: ${formatBytes(memory.weightBytes)} of weights, ${formatBytes(memory.contextBytes)} for a context of ${formatCount(memory.contextLength)} tokens`,
    ],
    ['can be loaded', problem ? paint('red', `no: ${problem.message}`) : 'yes'],
  ];
  const known = rows.filter((row): row is [string, string] => row[1] !== null);
  const facts = known.map(([title, fact]) => `${paint('dim', title.padEnd(14))}${fact}`);
  if (model.tensorTypes.length === 0) return facts.join('\n');
  const types = model.tensorTypes.map((type) => [type.type, formatCount(type.tensors), formatCount(type.parameters), formatBytes(type.bytes)]);
  const [header = '', ...lines] = columnsOf([['TYPE', 'TENSORS', 'PARAMETERS', 'BYTES'], ...types]);
  return [...facts, '', paint('dim', header), ...lines].join('\n');
}
