// tramontane on one file or folder: reads { model, threads, workload, cases, isq } from the first argument, prints its figures.
import { loadModel } from 'tramontane';
import { peakMemory } from './peak-memory.mjs';

const { model: file, threads, workload, cases, isq } = JSON.parse(process.argv[2] ?? '');
const wanted = new Set(cases);
/** @type {Record<string, number>} */
const figures = {};

const loadStart = performance.now();
const model = await loadModel(file, { threads, isq });
figures.load = seconds(loadStart);

const system = { role: /** @type {const} */ ('system'), content: workload.system };
/** @param {string} content */
const asking = (content) => [system, { role: /** @type {const} */ ('user'), content }];

/**
 * @param {import('tramontane').ChatMessage[]} messages
 * @param {number} maxOutputTokens
 */
async function run(messages, maxOutputTokens) {
  const start = performance.now();
  let first = 0;
  const stream = model.streamChat(messages, { temperature: 0, maxOutputTokens });
  for await (const part of stream) if (first === 0 && part.type === 'text-delta') first = seconds(start);
  const { text, usage, timings } = await stream.result();
  return { text, first: first || seconds(start), tokens: usage.outputTokens, rate: timings.tokensPerSecond ?? 0 };
}

/** @param {number} start */
function seconds(start) {
  return (performance.now() - start) / 1000;
}

await run(asking('Say yes.'), 4);
if (wanted.has('decode') || wanted.has('firstToken')) {
  const { first, rate } = await run(asking(workload.short), workload.decodeTokens);
  figures.firstToken = first;
  figures.decode = rate;
}
for (const name of ['prefill500', 'prefill2000']) {
  if (wanted.has(name)) figures[name] = (await run(asking(workload[name]), 8)).first;
}
if (wanted.has('secondTurn')) {
  const { first, replyTokens, second } = workload.chat;
  const turn = asking(first);
  const { text } = await run(turn, replyTokens);
  const next = [...turn, { role: /** @type {const} */ ('assistant'), content: text }, ...asking(second).slice(1)];
  figures.secondTurn = (await run(next, 8)).first;
}
for (const count of workload.streams) {
  if (!wanted.has(`streams${count}`) && !wanted.has(`streams${count}First`)) continue;
  const start = performance.now();
  const runs = await Promise.all(
    Array.from({ length: count }, (_, i) =>
      run(asking(`Story ${count}-${i}. ${workload.short}${' Please be kind.'.repeat(i)}`), workload.streamTokens),
    ),
  );
  figures[`streams${count}`] = runs.reduce((sum, { tokens }) => sum + tokens, 0) / seconds(start);
  figures[`streams${count}First`] = Math.max(...runs.map(({ first }) => first));
}
figures.memory = peakMemory();
await model.close();
console.log(JSON.stringify(figures));
