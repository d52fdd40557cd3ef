// node-llama-cpp on one GGUF file: as tramontane.mjs. NODE_LLAMA_CPP is the file of its entry point.
import { pathToFileURL } from 'node:url';
import { peakMemory } from './peak-memory.mjs';

const { getLlama, LlamaChatSession } = await import(String(pathToFileURL(process.env['NODE_LLAMA_CPP'] ?? '')));
const { model: file, threads, workload, cases } = JSON.parse(process.argv[2] ?? '');
const wanted = new Set(cases);
/** @type {Record<string, number>} */
const figures = {};

const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error', maxThreads: threads });
const loadStart = performance.now();
const model = await llama.loadModel({ modelPath: file });
figures.load = seconds(loadStart);

/** @param {any} contextSequence */
const sessionOn = (contextSequence) => new LlamaChatSession({ contextSequence, systemPrompt: workload.system });

/** @param {any} session @param {string} text @param {number} maxTokens */
async function run(session, text, maxTokens) {
  const start = performance.now();
  let tokens = 0;
  let first = 0;
  await session.prompt(text, {
    maxTokens,
    temperature: 0,
    /** @param {unknown[]} made */
    onToken(made) {
      if (tokens === 0) first = seconds(start);
      tokens += made.length;
    },
  });
  return { tokens, first, rate: (tokens - 1) / (seconds(start) - first) };
}

/** @param {number} start */
function seconds(start) {
  return (performance.now() - start) / 1000;
}

{
  const context = await model.createContext({ contextSize: 4096 });
  /** @param {(session: any) => Promise<void>} measure */
  const fresh = async (measure) => {
    const sequence = context.getSequence();
    const session = sessionOn(sequence);
    await measure(session);
    session.dispose();
    sequence.dispose();
  };
  await fresh(async (session) => void (await run(session, 'Say yes.', 4)));
  if (wanted.has('decode') || wanted.has('firstToken')) {
    await fresh(async (session) => {
      const { first, rate } = await run(session, workload.short, workload.decodeTokens);
      figures.firstToken = first;
      figures.decode = rate;
    });
  }
  for (const name of ['prefill500', 'prefill2000']) {
    if (!wanted.has(name)) continue;
    await fresh(async (session) => {
      figures[name] = (await run(session, workload[name], 8)).first;
    });
  }
  if (wanted.has('secondTurn')) {
    await fresh(async (session) => {
      await run(session, workload.chat.first, workload.chat.replyTokens);
      figures.secondTurn = (await run(session, workload.chat.second, 8)).first;
    });
  }
  await context.dispose();
}
for (const count of workload.streams) {
  if (!wanted.has(`streams${count}`) && !wanted.has(`streams${count}First`)) continue;
  const context = await model.createContext({ contextSize: 1024, sequences: count });
  const sessions = Array.from({ length: count }, () => sessionOn(context.getSequence()));
  const start = performance.now();
  const runs = await Promise.all(
    sessions.map((session, i) =>
      run(session, `Story ${count}-${i}. ${workload.short}${' Please be kind.'.repeat(i)}`, workload.streamTokens),
    ),
  );
  figures[`streams${count}`] = runs.reduce((sum, { tokens }) => sum + tokens, 0) / seconds(start);
  figures[`streams${count}First`] = Math.max(...runs.map(({ first }) => first));
  await context.dispose();
}
figures.memory = peakMemory();
console.log(JSON.stringify(figures));
process.exit(0);
