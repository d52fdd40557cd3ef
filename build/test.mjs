import { parseArgs } from 'node:util';
import { BuildError } from './build-error.mjs';
import { CHECKOUT } from './build.mjs';
import { ProgressLine } from './progress-line.mjs';
import { runScript } from './run-script.mjs';
import { addCounts, formatCounts, noTests } from './test-counts.mjs';
import { PARTS, STEPS } from './test-steps.mjs';

const HELP = `Tries everything: formatting, lints, types, the Rust and TypeScript tests, the examples. Builds what that needs.

  npm test [-- OPTIONS]

  --only PARTS   some of ${PARTS.join(', ')}, by commas:
                   lint       formatting, lints and types; no tests
                   rust       the crates that need no inference engine; a minute the first time, then seconds
                   engine     the tests of the engine crate, with the test model
                   ts         types, lint, vitest
                   examples   each file in examples/, with the test model
  --help         this text

The first failure ends it, with the output of what failed.
`;

/**
 * @typedef {{ name: string, ms: number, ok: boolean, counts: import('./test-counts.mjs').TestCounts }} Outcome
 */

/**
 * @param {readonly import('./test-steps.mjs').Part[]} parts
 * @returns {Promise<boolean>} Whether everything passed.
 */
async function test(parts) {
  const progress = new ProgressLine();
  /** @type {Outcome[]} */
  const outcomes = [];
  for (const step of STEPS.filter((candidate) => candidate.parts.some((part) => parts.includes(part)))) {
    const startedAt = performance.now();
    const { ok, output, counts = noTests() } = await step.run({ checkout: CHECKOUT, progress }).catch(failed);
    const outcome = { name: step.name, ms: performance.now() - startedAt, ok, counts };
    outcomes.push(outcome);
    if (!ok) process.stdout.write(`\n${output.trimEnd()}\n\n`);
    process.stdout.write(`${describe(outcome)}\n`);
    if (!ok) break;
  }
  return summarise(outcomes);
}

/**
 * A step that threw: what BuildError says is for the reader, anything else is a mistake in these scripts.
 * @param {unknown} error
 * @returns {import('./test-steps.mjs').StepResult}
 */
function failed(error) {
  const output =
    error instanceof Error
      ? error instanceof BuildError
        ? error.message
        : (error.stack ?? error.message)
      : String(error);
  return { ok: false, output };
}

/** @param {Outcome} outcome */
function describe({ name, ms, ok, counts }) {
  const tests = counts.passed + counts.failed > 0 ? `  ${formatCounts(counts)}` : '';
  return `${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(22)}${`${(ms / 1000).toFixed(1)} s`.padStart(9)}${tests}`;
}

/**
 * Prints the table and, alone on the last line, how many tests passed and failed.
 *
 * @param {readonly Outcome[]} outcomes
 * @returns {boolean}
 */
function summarise(outcomes) {
  let counts = outcomes.reduce((sum, outcome) => addCounts(sum, outcome.counts), noTests());
  const ok = outcomes.every((outcome) => outcome.ok);
  // A lint or a build that failed is no test; the last line must not say "0 failed" all the same.
  if (!ok && counts.failed === 0) counts = { ...counts, failed: 1 };
  process.stdout.write(`\n${outcomes.map(describe).join('\n')}\n\n${formatCounts(counts)}\n`);
  return ok;
}

/**
 * @param {string | undefined} only
 * @returns {readonly import('./test-steps.mjs').Part[]}
 */
function chosenParts(only) {
  if (only === undefined) return PARTS;
  return only.split(',').map((name) => {
    const part = PARTS.find((candidate) => candidate === name);
    if (!part) throw new BuildError(`--only takes ${PARTS.join(', ')}, not "${name}"`);
    return part;
  });
}

await runScript(import.meta.url, async () => {
  const { values } = parseArgs({ options: { only: { type: 'string' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (!(await test(chosenParts(values.only)))) process.exitCode = 1;
});
