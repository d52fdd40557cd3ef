import { loadEmbeddingModel } from '../../index.ts';
import type { EmbeddingModel, RemoteModel } from '../../index.ts';
import { CommandError, exitCodes } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { modelOptions } from '../model/model-options.ts';
import { connectTo, loadWithBar, localOptions, modelName, namesRemote } from '../model/open-model.ts';
import type { ModelValues } from '../model/open-model.ts';
import { modelReference } from '../model/reference.ts';
import { readInput } from '../terminal/read-input.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { untilInterrupted } from '../terminal/until-interrupted.ts';

const { 'prefix-cache': _, 'chat-template': __, tokenizer: ___, ...embeddingOptions } = modelOptions;

/** `tramontane embed`: texts, and a vector for each. */
export const embed = defineCommand({
  summary: 'Turn texts into vectors',
  usage: ['[OPTIONS] "TEXT"...', '[OPTIONS] < FILE'],
  about:
    'Prints a line for each text, in their order: its vector, as a JSON array of numbers. Texts that are piped in are those of its lines; empty ones are left out. The model has to be one that has embeddings, as Qwen3-Embedding and EmbeddingGemma.',
  examples: [
    { line: 'tramontane embed -m org/name "A mild day" "Sunny weather"', does: 'two vectors' },
    { line: 'tramontane embed -m ollama:embeddinggemma --json < titles.txt', does: 'a vector for each line of a file, as one JSON object, from an engine elsewhere' },
  ],
  positionals: { min: 0, max: Infinity },
  options: {
    json: { kind: 'flag', help: 'one JSON object with model, embeddings and inputTokens' },
    ...embeddingOptions,
  },
  async run({ values, positionals, terminal }) {
    const texts = positionals.length > 0 ? positionals : (await readInput(terminal)).split(/\r?\n/).filter((line) => line.trim() !== '');
    if (texts.length === 0) throw CommandError.usage('which texts? put each in quotes behind the options, or pipe them in, one a line');
    const model = await openEmbeddingModel({ ...values, 'prefix-cache': undefined, 'chat-template': undefined, tokenizer: undefined }, terminal);
    try {
      const { embeddings, inputTokens } = await untilInterrupted(terminal, (abortSignal) => model.embed(texts, { abortSignal }));
      if (values.json) terminal.stdout.write(`${JSON.stringify({ model: model.info.model, embeddings, inputTokens })}\n`);
      else for (const vector of embeddings) terminal.stdout.write(`${JSON.stringify(vector)}\n`);
      return exitCodes.done;
    } finally {
      await model.close();
    }
  },
});

async function openEmbeddingModel(values: ModelValues, terminal: Terminal): Promise<EmbeddingModel | RemoteModel> {
  const name = modelName(values, terminal, undefined);
  if (namesRemote(values)) return connectTo(values, terminal, values.remote, name);
  const reference = modelReference(name);
  if (reference.kind === 'remote') return connectTo(values, terminal, reference.provider, reference.model);
  return loadWithBar(loadEmbeddingModel, reference.model, { ...localOptions(values), file: values.file ?? reference.file }, terminal);
}
