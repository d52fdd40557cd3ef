import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { BuildError } from './build-error.mjs';
import { CHECKOUT, build } from './build.mjs';
import { TEST_MODEL, getModel } from './get-model.mjs';
import { ProgressLine, formatBytes } from './progress-line.mjs';
import { runScript } from './run-script.mjs';

const DEFAULT_PROMPT = 'Write a short story about a lighthouse keeper and a storm.';
const HELP = `Streams a reply to the terminal: builds what is missing, loads the model, and prints the text as it comes.

  npm run demo [-- "PROMPT" OPTIONS]

  --model M         a GGUF file, a folder with a model, or a repository on the Hugging Face hub
                    (default: ${TEST_MODEL.name}, ${formatBytes(TEST_MODEL.sizeBytes)}, downloaded once)
  --max-tokens N    longest reply, in tokens (default 256)
  --temperature T   0 always takes the likeliest token (default 0.7)
  --help            this text

Ctrl-C stops the reply. Standard output gets the reply and one line of figures, standard error everything else.
`;

/**
 * Loads the model with a line of progress.
 *
 * @param {string} name
 * @param {ProgressLine} progress
 */
async function load(name, progress) {
  const { loadModel, TramontaneError } = await import(pathToFileURL(join(CHECKOUT, 'dist', 'index.js')).href);
  let text = `loading ${name}`;
  progress.start(() => text);
  try {
    return await loadModel(name, {
      /** @param {{ phase: string, done: number, total: number | null, unit: string, file?: string }} event */
      onProgress({ phase, done, total, unit, file }) {
        /** @param {number} amount */
        const show = (amount) => (unit === 'bytes' ? formatBytes(amount) : `${amount} ${unit}`);
        const amount = total ? `${show(done)} of ${show(total)}` : done ? show(done) : '';
        text = [phase, file ?? name, amount].filter(Boolean).join('  ');
      },
    });
  } catch (error) {
    // Its message says what is at fault and what to do; where in the package it was made is of no use here.
    if (!TramontaneError.isInstance(error)) throw error;
    const { code, message } = /** @type {Error & { code: string }} */ (error);
    throw new BuildError(`${code}: ${message}`, { cause: error });
  } finally {
    progress.stop();
  }
}

/**
 * @param {{ usage: { outputTokens: number }, finishReason: string,
 *   timings: { firstTokenMs: number | null, tokensPerSecond: number | null } }} result
 */
function figures({ usage, finishReason, timings }) {
  const parts = [`${usage.outputTokens} tokens`];
  if (timings.firstTokenMs !== null) parts.push(`first after ${Math.round(timings.firstTokenMs)} ms`);
  if (timings.tokensPerSecond !== null) parts.push(`${timings.tokensPerSecond.toFixed(1)} tokens/s`);
  return `[${parts.join(', ')}, ${finishReason}]`;
}

/**
 * @param {string} option
 * @param {string | undefined} text
 * @returns {number | undefined}
 */
function numberOf(option, text) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new BuildError(`--${option} takes a number, not "${text}"`);
  return value;
}

await runScript(import.meta.url, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      model: { type: 'string' },
      'max-tokens': { type: 'string' },
      temperature: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const maxOutputTokens = numberOf('max-tokens', values['max-tokens']) ?? 256;
  const temperature = numberOf('temperature', values.temperature);
  const prompt = positionals.join(' ') || DEFAULT_PROMPT;
  // A reader that goes away (`npm run demo | head`) ends the demo without a stack.
  process.stdout.on('error', () => process.exit(0));

  const progress = new ProgressLine();
  await build({ progress });
  const model = await load(values.model ?? (await getModel({ progress })), progress);
  try {
    progress.log(`> ${prompt}\n`);
    const stream = model.streamPrompt(prompt, {
      maxOutputTokens,
      ...(temperature === undefined ? {} : { temperature }),
    });
    process.removeAllListeners('SIGINT');
    // The first Ctrl-C stops the reply; a second one, should the first not be enough, ends the process.
    process.once('SIGINT', () => {
      stream.cancel();
      process.once('SIGINT', () => process.exit(130));
    });
    for await (const text of stream.textStream) process.stdout.write(text);
    process.stdout.write(`\n\n${figures(await stream.result())}\n`);
  } finally {
    await model.close();
  }
});
