import { TramontaneError } from '../../index.ts';
import type { GenerationResult, GenerationStream, LanguageModel } from '../../index.ts';
import type { ValuesOf } from '../arguments/option.ts';
import { CommandError, exitCodes } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { modelOptions } from '../model/model-options.ts';
import { openModel } from '../model/open-model.ts';
import { figures } from '../reply/figures.ts';
import { printParts, printReply } from '../reply/print-reply.ts';
import { formOptions, replyForm } from '../reply/reply-form.ts';
import { generateOptions, replyOptions } from '../reply/reply-options.ts';
import { readInput } from '../terminal/read-input.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { untilInterrupted } from '../terminal/until-interrupted.ts';

const ownOptions = {
  system: { kind: 'text', short: 's', value: 'TEXT', help: 'instructions that come before the prompt' },
  raw: { kind: 'flag', help: "continue the prompt as it stands, without the model's chat template" },
  reasoning: { kind: 'choice', choices: ['auto', 'show', 'hide'], help: 'what the model thinks before it answers', default: 'auto, shown in a terminal and left out elsewhere' },
  stats: { kind: 'flag', help: 'tokens, time to the first one and tokens/s, on standard error' },
  json: { kind: 'flag', help: 'one JSON object with text, finishReason, usage (tokens) and timings (ms)' },
  'stream-json': { kind: 'flag', help: 'a line of JSON for each part of the stream, as it comes' },
} as const;
const options = { ...ownOptions, ...modelOptions, ...replyOptions, ...formOptions } as const;
type RunValues = ValuesOf<typeof options>;

/** `tramontane run`: one prompt, one reply. */
export const run = defineCommand({
  summary: 'Answer one prompt',
  usage: ['[OPTIONS] "PROMPT"', '[OPTIONS] ["PROMPT"] < FILE'],
  about:
    'The reply goes to standard output as it comes, everything else to standard error. What is piped in is the prompt, or follows the one on the command line. Ctrl-C stops the reply.',
  examples: [
    { line: 'tramontane run -m ./model.gguf "Why is the sky blue?"', does: 'ask a model in a file' },
    { line: 'git diff | tramontane run -m org/name:Q4_K_M.gguf --temperature 0 "Describe this change in one line."', does: 'ask about what is piped in' },
    { line: `tramontane run -m ollama:llama3.2 --json-schema '{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}' "Where is the Louvre?"`, does: 'have an answer that a program can read, from an engine elsewhere' },
  ],
  positionals: { min: 0, max: Infinity },
  options,
  async run({ values, positionals, terminal, paint }) {
    if (values.json && values['stream-json']) throw CommandError.usage('give --json or --stream-json, not both');
    if (values.raw && values.system !== undefined) throw CommandError.usage('--system needs the chat template that --raw leaves out; leave one of them out');
    const form = await replyForm(values);
    const prompt = [positionals.join(' '), await readInput(terminal)].filter((text) => text !== '').join('\n\n');
    if (prompt.trim() === '') throw CommandError.usage('what is the prompt? put it in quotes behind the options, or pipe it in');
    const { model } = await openModel(values, terminal);
    try {
      const request = { ...generateOptions(values), ...form };
      const [result, interrupt] = await untilInterrupted(terminal, async (abortSignal) => {
        const stream = streamOf(model, prompt, values, { ...request, abortSignal });
        return [await print(stream, model, values, terminal, paint.stdout), abortSignal] as const;
      });
      if (values.stats) terminal.stderr.write(`${paint.stderr('dim', figures(result))}\n`);
      if (interrupt.aborted) return exitCodes.interrupted;
      if (result.finishReason === 'length' && Object.keys(form).length > 0) {
        throw new CommandError('the reply was cut before its form was complete; give it more room by --max-tokens');
      }
      return exitCodes.done;
    } finally {
      await model.close();
    }
  },
});

function streamOf(model: LanguageModel, prompt: string, { raw, system }: RunValues, request: object): GenerationStream {
  if (raw) return model.streamCompletion({ ...request, prompt });
  const instructions = system === undefined ? [] : [{ role: 'system' as const, content: system }];
  return model.streamChat([...instructions, { role: 'user', content: prompt }], request);
}

async function print(
  stream: GenerationStream,
  model: LanguageModel,
  values: RunValues,
  { stdout }: Terminal,
  paint: Parameters<typeof printReply>[1]['paint'],
): Promise<GenerationResult> {
  if (values['stream-json']) return printParts(stream, stdout);
  if (values.json) {
    try {
      const result = await stream.result();
      stdout.write(`${JSON.stringify(resultJson(result, model))}\n`);
      return result;
    } catch (error) {
      // Standard output is for a program, which is to find what there was of the reply, and what went wrong.
      if (TramontaneError.isInstance(error)) stdout.write(`${JSON.stringify(errorJson(error, model))}\n`);
      throw error;
    }
  }
  const reasoning = values.reasoning === 'show' || (values.reasoning !== 'hide' && stdout.isTTY === true);
  const result = await printReply(stream, { output: stdout, paint, reasoning });
  if (!result.text.endsWith('\n')) stdout.write('\n');
  return result;
}

function resultJson({ text, reasoning, toolCalls, finishReason, usage, timings }: GenerationResult, { info }: LanguageModel): object {
  return { model: info.model, text, reasoning, toolCalls, finishReason, usage, timings };
}

function errorJson({ code, message, field, file, partial }: TramontaneError, { info }: LanguageModel): object {
  return { model: info.model, text: partial?.text ?? '', error: { code, message, field, file } };
}
