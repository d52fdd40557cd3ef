#!/usr/bin/env node
// What a stream costs on this machine: node bench/streaming.mjs [MODEL] [--rounds N] [--json]
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { loadModel } from 'tramontane';
import { getModel } from '../build/get-model.mjs';

const HELP = `Measures one model in this process, in interleaved rounds, and prints medians with their spread.

  node bench/streaming.mjs [MODEL] [--rounds N] [--json]

MODEL is what loadModel takes; by default the model of npm test. These machines are shared and noisy: compare figures of
one run with one another, not with those of another run.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds takes a whole number, not ${values.rounds}`);

const question = 'Write a long story about a dragon who lives on a mountain.';
const longText = 'The quick brown fox jumps over the lazy dog near the river bank. '.repeat(33);
const greedy = { temperature: 0 };

const loadStart = performance.now();
const model = await loadModel(positionals[0] ?? (await getModel()));
const loadMs = performance.now() - loadStart;

/** @type {Record<string, number[]>} */
const figures = {};
/** @param {string} name @param {number} value */
const note = (name, value) => (figures[name] ??= []).push(value);

for (let round = 0; round < rounds; round += 1) {
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const { timings } = await model.streamPrompt(question, { ...greedy, maxOutputTokens: 96 }).result();
  loop.disable();
  note('first token of a short prompt, ms', timings.firstTokenMs ?? NaN);
  note('decode, tokens/s', timings.tokensPerSecond ?? NaN);
  // The timer itself waits for the resolution.
  note('event loop delay while decoding, p99 ms', loop.percentile(99) / 1e6);

  const long = await model.streamPrompt(longText, { ...greedy, maxOutputTokens: 1 }).result();
  note(`prefill of ${long.usage.inputTokens} tokens, ms`, long.timings.prefillMs);

  const stream = model.streamPrompt(question, greedy);
  let parts = 0;
  for await (const _ of stream) if (++parts === 8) break;
  const left = performance.now();
  const { usage } = await stream.result();
  note('from break to the freed sequence, ms', performance.now() - left);
  note('tokens computed after the break', usage.outputTokens - parts);
}
const { memoryBytes, threads } = model.info;
const { bellsRung, generatedTokens } = model.metrics();
await model.close();

const median = (/** @type {number[]} */ values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
const rows = Object.entries(figures).map(([name, values]) => ({
  name,
  median: median(values),
  least: Math.min(...values),
  most: Math.max(...values),
}));
rows.unshift({ name: 'load, ms', median: loadMs, least: loadMs, most: loadMs });
rows.push({ name: 'crossings per token', median: bellsRung / generatedTokens, least: NaN, most: NaN });
rows.push({ name: 'memory added by loading, MB', median: memoryBytes / 1e6, least: NaN, most: NaN });

if (values.json) {
  console.log(JSON.stringify({ model: model.info.model, threads, rounds, rows }));
} else {
  const cell = (/** @type {number} */ value) => (Number.isNaN(value) ? '' : value.toFixed(value < 10 ? 2 : 0)).padStart(9);
  console.log(`${model.info.model}, ${threads} threads, ${rounds} rounds\n`);
  console.log(`${''.padEnd(42)}${'median'.padStart(9)}${'least'.padStart(9)}${'most'.padStart(9)}`);
  for (const { name, median, least, most } of rows) console.log(`${name.padEnd(42)}${cell(median)}${cell(least)}${cell(most)}`);
}
