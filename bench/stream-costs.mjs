#!/usr/bin/env node
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { loadModel } from 'tramontane';
import { scriptedModel } from 'tramontane/testing';
import { CHECKOUT } from '../build/build.mjs';
import { BuildError } from '../build/build-error.mjs';
import { getModel } from '../build/get-model.mjs';
import { ProgressLine } from '../build/progress-line.mjs';
import { runCargo } from '../build/run-cargo.mjs';
import { runCommand } from '../build/run-command.mjs';
import { runScript } from '../build/run-script.mjs';
import { withWorkspace } from '../build/with-workspace.mjs';
import { spreadOf } from './statistics.mjs';

const HELP = `Measures what a stream costs beside the model: crossing into JavaScript, cancelling, the event loop.

  npm run bench:stream [-- OPTIONS] [MODEL]

  MODEL         what loadModel takes; by default the model of npm test
  --rounds N    how often each is measured, in turns (default: 5)
  --threads N   threads that compute (default: ${availableParallelism()})
  --json        prints the figures as JSON
  --help        this text

The engine without Node is built first where it is not up to date. Compare figures of one run with one another, and not
with those of another run or machine.
`;

const question = 'Write a long story about a dragon who lives on a mountain.';
const longText = 'The quick brown fox jumps over the lazy dog near the river bank. '.repeat(33);
const tokens = 96;
/** As many as share a step of the engine at most; a further one of a lower priority waits. */
const sharing = 16;

/** @type {Record<string, number[]>} */
const figures = {};
/** @param {string} name @param {number} value */
const note = (name, value) => (figures[name] ??= []).push(value);

await runScript(import.meta.url, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      threads: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const [rounds, threads] = [Number(values.rounds), Number(values.threads)];
  if (!(rounds >= 1 && threads >= 1)) throw new BuildError('--rounds and --threads take whole numbers of at least 1');
  const progress = new ProgressLine();
  const file = positionals[0] ?? (await getModel({ progress }));
  const bareEngine = await buildBareEngine(progress);
  const model = await loadModel(file, { threads });
  await model.streamPrompt('Hi', { maxOutputTokens: 2 }).result();
  for (let round = 1; round <= rounds; round += 1) {
    progress.start(() => `round ${round} of ${rounds}`);
    const { output } = await runCommand(bareEngine, [file, String(threads), question, String(tokens)], { cwd: CHECKOUT });
    note('decode without Node, tokens/s', Number(output.trim().split('\n').at(-1)));
    await decode(model);
    await cancelEverywhere(model);
    for (const streams of [1, 8, 64]) await together(model, streams);
    await throughput();
  }
  progress.stop();
  await model.close();
  const rows = Object.entries(figures).map(([name, measured]) => ({ name, ...spreadOf(measured) }));
  if (values.json) console.log(JSON.stringify({ model: model.info.model, threads, rounds, rows }));
  else print(`${model.info.model}, ${threads} threads, ${rounds} rounds`, rows);
});

/** @param {ProgressLine} progress @returns {Promise<string>} The path of the program. */
async function buildBareEngine(progress) {
  return withWorkspace(CHECKOUT, async (workspace) => {
    const args = ['build', '--release', '--locked', '-p', 'tramontane-engine', '--example', 'decode_rate'];
    const { code, output } = await runCargo(args, { workspace, progress, label: 'building the engine without Node' });
    if (code !== 0) throw new BuildError(`the engine without Node cannot be built:\n${output}`);
    return join(workspace.targetDir, 'release', 'examples', `decode_rate${process.platform === 'win32' ? '.exe' : ''}`);
  });
}

/** @param {import('tramontane').Model} model */
async function decode(model) {
  const { timings } = await model.streamPrompt(question, { temperature: 0, maxOutputTokens: tokens }).result();
  note('decode in Node, tokens/s', timings.tokensPerSecond ?? NaN);
}

/** @param {import('tramontane').Model} model @param {number} streams */
async function together(model, streams) {
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const before = model.metrics();
  await Promise.all(
    Array.from({ length: streams }, (_, i) =>
      model.streamPrompt(`Story ${i}. ${question}`, { temperature: 0, maxOutputTokens: tokens }).result(),
    ),
  );
  const after = model.metrics();
  loop.disable();
  const generated = after.generatedTokens - before.generatedTokens;
  note(`crossings per token, ${named(streams)}`, (after.bellsRung - before.bellsRung) / generated);
  // The timer itself waits for the resolution.
  note(`event loop delay, ${named(streams)}, p99 ms`, loop.percentile(99) / 1e6);
}

/** @param {number} streams */
function named(streams) {
  return streams === 1 ? '1 stream' : `${streams} streams`;
}

/**
 * From `cancel()` to the end of the stream, as the engine tells it.
 * @param {import('tramontane').Model} model
 */
async function cancelEverywhere(model) {
  const stopMs = async (/** @type {import('tramontane').GenerationStream} */ stream) => {
    stream.cancel();
    return (await stream.result()).timings.stopMs ?? NaN;
  };
  const others = Array.from({ length: sharing - 1 }, (_, i) =>
    model.streamPrompt(`Story ${i}. ${question}`, { temperature: 0, maxOutputTokens: 1000 }),
  );
  const results = others.map((stream) => stream.result());
  const decoding = model.streamPrompt(question, { temperature: 0 });
  const parts = decoding[Symbol.asyncIterator]();
  for (let read = 0; read < 8; read += 1) await parts.next();
  const queued = model.streamPrompt(`Later. ${question}`, { priority: -1 });
  const waiting = queued.result();
  // Until it is known to wait behind the others, and is not merely on its way.
  await setTimeout(20);
  if (queued.queuePosition === null) throw new BuildError('the stream that should wait was taken up: fewer others than share a step');
  note('stop of a queued stream, ms', await stopMs(queued));
  await waiting;
  note(`stop of a decoding stream of ${sharing}, ms`, await stopMs(decoding));
  for (const stream of others) stream.cancel();
  await Promise.all(results);

  const alone = model.streamPrompt(question, { temperature: 0 });
  const itsParts = alone[Symbol.asyncIterator]();
  for (let read = 0; read < 8; read += 1) await itsParts.next();
  note('stop of a decoding stream, ms', await stopMs(alone));

  const paused = model.streamPrompt(question, { temperature: 0 });
  const pausedParts = paused[Symbol.asyncIterator]();
  await pausedParts.next();
  paused.pause();
  await setTimeout(100);
  note('stop of a paused stream, ms', await stopMs(paused));

  // Another beginning each time, so that nothing of it was kept.
  const prefilling = model.streamPrompt(`${Math.random()} ${longText}`);
  const result = prefilling.result();
  await setTimeout(50);
  note('stop while a prompt of 500 is computed, ms', await stopMs(prefilling));
  await result;
}

/** How many parts a loop takes that does nothing with them, from a model that takes no time. */
async function throughput() {
  const model = await scriptedModel({ replies: ['a'.repeat(50_000)], contextLength: 100_000 });
  const start = performance.now();
  let parts = 0;
  for await (const _ of model.streamPrompt('Hi', { bufferPolicy: 'buffer' })) parts += 1;
  note('parts per second that a loop takes', (parts * 1000) / (performance.now() - start));
  await model.close();
}

/** @param {string} title @param {({ name: string } & ReturnType<typeof spreadOf>)[]} rows */
function print(title, rows) {
  const cell = (/** @type {number} */ value) => (Number.isNaN(value) ? '' : value.toFixed(value < 10 ? 2 : 0)).padStart(9);
  console.log(`${title}\n\n${''.padEnd(46)}${'median'.padStart(9)}${'least'.padStart(9)}${'most'.padStart(9)}`);
  for (const { name, median, least, most } of rows) console.log(`${name.padEnd(46)}${cell(median)}${cell(least)}${cell(most)}`);
}
