#!/usr/bin/env node
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BuildError } from '../build/build-error.mjs';
import { ProgressLine } from '../build/progress-line.mjs';
import { runCommand } from '../build/run-command.mjs';
import { runScript } from '../build/run-script.mjs';
import { CONTENDERS, quantising } from './contenders.mjs';
import { MODELS } from './models/bench-models.mjs';
import { resultsPlot } from './results-plot.mjs';
import { resultsTable } from './results-table.mjs';
import { CASES, WORKLOAD } from './workload.mjs';

const HELP = `Measures tramontane beside other ways to run a model on this machine: the same file, the same prompts, greedy,
in turns. Prints medians with their spread, and ratios (above 1 means the first column is ahead).

  npm run bench [-- OPTIONS]

  --models LIST      by commas: ${Object.keys(MODELS).join(', ')}
                     (default: smollm2-q4_1; random-350m-isq compares tramontane's own quantisations
                     with one another, without other contenders)
  --contenders LIST  ${CONTENDERS.map(({ name }) => name).join(', ')}
                     (default: tramontane and those that are installed)
  --cases LIST       ${CASES.map(({ key }) => key).join(', ')}
                     (default: all)
  --rounds N         how often each is measured, each time in a process of its own (default: 3)
  --threads N        threads that compute (default: ${availableParallelism()})
  --install          first installs the contenders that are missing, into the cache folder
  --write            also writes the tables to docs/bench.md and a plot of each model to docs/bench-MODEL.svg
  --json             prints every figure as JSON instead of tables
  --help             this text

Compare figures of one run with one another, and not with those of another run or machine.
`;

await runScript(import.meta.url, async () => {
  const { values } = parseArgs({
    options: {
      models: { type: 'string', default: 'smollm2-q4_1' },
      contenders: { type: 'string' },
      cases: { type: 'string', default: CASES.map(({ key }) => key).join(',') },
      rounds: { type: 'string', default: '3' },
      threads: { type: 'string', default: String(availableParallelism()) },
      install: { type: 'boolean' },
      write: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const cases = chosen('cases', values.cases, CASES.map(({ key }) => key));
  const models = chosen('models', values.models, Object.keys(MODELS));
  const rounds = count('rounds', values.rounds);
  const threads = count('threads', values.threads);
  const progress = new ProgressLine();
  const installed = await contendersOf(values.contenders, values.install ?? false, progress);

  const all = [];
  /** @type {string[]} */
  const sections = [];
  for (const name of models) {
    const { title, file, isq } = /** @type {import('./models/bench-models.mjs').BenchModel} */ (MODELS[name]);
    progress.start(() => `making ${title}`);
    const spec = { model: await file(), threads, workload: WORKLOAD, cases };
    const contenders = isq ? quantising(isq) : installed;
    /** @type {import('./results-table.mjs').Results['figures']} */
    const figures = {};
    for (let round = 1; round <= rounds; round += 1) {
      for (const contender of contenders) {
        progress.start(() => `${title}, round ${round} of ${rounds}: ${contender.title}`);
        for (const [key, figure] of Object.entries(await measured(contender, spec))) {
          ((figures[contender.title] ??= {})[key] ??= []).push(figure);
        }
      }
    }
    progress.stop();
    const machine = `${cpus()[0]?.model.trim()}, ${threads} threads, ${rounds} rounds, medians`;
    const results = { model: title, machine, contenders: contenders.map((each) => each.title), figures };
    all.push(results);
    if (!values.json) console.log(`${resultsTable(results)}\n`);
    if (values.write) {
      const plot = `bench-${name}.svg`;
      writeDocument(plot, resultsPlot(results));
      sections.push(`${resultsTable(results)}\n\n![${title}, as bars](${plot})\n\n${machine}\n`);
    }
  }
  if (values.json) console.log(JSON.stringify(all));
  if (values.write) {
    writeDocument('bench.md', `# Measured\n\nBy \`npm run bench\`; a ratio above 1x is in favour of the first column.\n\n${sections.join('\n')}`);
  }
});

/**
 * @param {string | undefined} list @param {boolean} install @param {ProgressLine} progress
 */
async function contendersOf(list, install, progress) {
  const names = CONTENDERS.map(({ name }) => name);
  const wanted = list === undefined ? names : chosen('contenders', list, names);
  const contenders = [];
  for (const contender of CONTENDERS.filter(({ name }) => wanted.includes(name))) {
    if (!contender.installed() && install) {
      progress.start(() => `installing ${contender.title}`);
      await contender.install();
    }
    if (contender.installed()) contenders.push(contender);
    else if (list !== undefined) throw new BuildError(`${contender.title} is not installed; add --install`);
    else progress.log(`${contender.title} is not installed and left out; --install installs it`);
  }
  return contenders;
}

/**
 * @param {import('./contenders.mjs').Contender} contender @param {object} spec
 * @returns {Promise<Record<string, number>>}
 */
async function measured(contender, spec) {
  const [command, args, env] = contender.command(JSON.stringify({ ...spec, isq: contender.isq }));
  let answer = '';
  const { code, output } = await runCommand(command, args, {
    cwd: dirname(fileURLToPath(import.meta.url)),
    ...(env && { env }),
    onStdoutLine: (line) => {
      if (line.startsWith('{')) answer = line;
    },
  });
  if (code !== 0 || answer === '') throw new BuildError(`${contender.title} failed (${code}):\n${output.slice(-2000)}`);
  return /** @type {Record<string, number>} */ (JSON.parse(answer));
}

/** @param {string} option @param {string} list @param {readonly string[]} known */
function chosen(option, list, known) {
  const names = list.split(',').filter(Boolean);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new BuildError(`--${option} has no ${unknown}; there are ${known.join(', ')}`);
  return names;
}

/** @param {string} option @param {string} value */
function count(option, value) {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new BuildError(`--${option} takes a whole number, not ${value}`);
  return number;
}

/** @param {string} name @param {string} text */
function writeDocument(name, text) {
  const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), text);
}
