import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, sep } from 'node:path';
import { buildDist } from './build-dist.mjs';
import { getModel } from './get-model.mjs';
import { installDependencies } from './install-dependencies.mjs';
import { NATIVE_PACKAGES, buildNativeLibrary } from './native-library.mjs';
import { formatClock } from './progress-line.mjs';
import { runCargo } from './run-cargo.mjs';
import { nodeToolEnv, runCommand } from './run-command.mjs';
import { cargoTestCounts, noTests, vitestCounts } from './test-counts.mjs';
import { withWorkspace } from './with-workspace.mjs';

/**
 * @typedef {object} StepContext
 * @property {string} checkout
 * @property {import('./progress-line.mjs').ProgressLine} progress
 *
 * @typedef {object} StepResult
 * @property {boolean} ok
 * @property {string} output Shown when the step failed.
 * @property {import('./test-counts.mjs').TestCounts} [counts] Of the tests that it ran.
 *
 * @typedef {object} Step
 * @property {string} name
 * @property {readonly Part[]} parts The parts of the suite that need it.
 * @property {(context: StepContext) => Promise<StepResult>} run
 *
 * @typedef {'lint' | 'rust' | 'engine' | 'ts' | 'examples'} Part
 */

/** @type {readonly Part[]} */
export const PARTS = ['lint', 'rust', 'engine', 'ts', 'examples'];

/** @type {readonly Part[]} */
const NEEDS_PACKAGES = ['lint', 'ts', 'examples'];
/** @type {readonly Part[]} */
const NEEDS_ENGINE = ['engine', 'ts', 'examples'];

/**
 * Everything that is tried, in order: what is quick comes before what needs the engine.
 *
 * @type {readonly Step[]}
 */
export const STEPS = [
  {
    name: 'npm packages',
    parts: NEEDS_PACKAGES,
    run: (context) => quietly(installDependencies(context.checkout, context)),
  },
  { name: 'dist', parts: NEEDS_PACKAGES, run: ({ checkout }) => quietly(buildDist(checkout)) },
  { name: 'typecheck', parts: ['lint', 'ts'], run: (context) => npmScript(context, 'typecheck') },
  {
    name: 'typecheck, build',
    parts: ['lint', 'ts'],
    run: ({ checkout }) => tool(checkout, 'tsc', ['-p', 'build/tsconfig.json']),
  },
  { name: 'lint', parts: ['lint', 'ts'], run: (context) => npmScript(context, 'lint') },
  { name: 'types are current', parts: ['lint', 'ts'], run: (context) => npmScript(context, 'types:check') },
  { name: 'cargo fmt', parts: ['lint', 'rust'], run: formatCheck },
  {
    name: 'cargo clippy',
    parts: ['lint', 'rust'],
    // Clippy of the engine would compile the whole engine once more, as it shares nothing with a build.
    run: (context) =>
      cargo(context, 'checking the light crates', ['clippy', '--locked', '--all-targets', '--', '-D', 'warnings']),
  },
  {
    name: 'cargo test',
    parts: ['rust'],
    run: (context) => cargo(context, 'testing the light crates', ['test', '--locked', '--no-fail-fast']),
  },
  {
    name: 'native library',
    parts: NEEDS_ENGINE,
    run: (context) => quietly(buildNativeLibrary(context.checkout, context)),
  },
  { name: 'test model', parts: NEEDS_ENGINE, run: ({ progress }) => quietly(getModel({ progress })) },
  {
    name: 'cargo test, engine',
    parts: ['engine'],
    run: (context) =>
      cargo(context, 'testing the engine', ['test', '--release', '--locked', '--no-fail-fast', ...NATIVE_PACKAGES]),
  },
  { name: 'vitest', parts: ['ts'], run: vitest },
  { name: 'examples', parts: ['examples'], run: examples },
];

/**
 * A step that says nothing and throws when it fails.
 * @param {Promise<unknown>} work
 * @returns {Promise<StepResult>}
 */
async function quietly(work) {
  await work;
  return { ok: true, output: '' };
}

/**
 * @param {StepContext} context
 * @param {string} script
 * @returns {Promise<StepResult>}
 */
async function npmScript({ checkout }, script) {
  return tool(checkout, 'npm', ['run', '--silent', script]);
}

/**
 * @param {string} checkout
 * @param {string} command npm, or a tool in node_modules/.bin.
 * @param {readonly string[]} args
 * @returns {Promise<StepResult>}
 */
async function tool(checkout, command, args) {
  const { code, output } = await runCommand(command, args, { cwd: checkout, env: nodeToolEnv(checkout) });
  return { ok: code === 0, output };
}

/**
 * Looks at our own crates only: a patched copy of somebody else's keeps its formatting.
 *
 * @param {StepContext} context
 * @returns {Promise<StepResult>}
 */
async function formatCheck({ checkout }) {
  const metadata = await runCommand('cargo', ['metadata', '--no-deps', '--locked', '--format-version', '1'], {
    cwd: checkout,
  });
  if (metadata.code !== 0) return { ok: false, output: metadata.output };
  const ours = /** @type {{ packages: { name: string, manifest_path: string }[] }} */ (
    JSON.parse(metadata.output.slice(metadata.output.indexOf('{')))
  ).packages.filter(({ manifest_path }) => manifest_path.startsWith(join(checkout, 'crates') + sep));
  // -l: the files are enough to know; the whole difference of a crate fills the screen.
  const args = ['fmt', ...ours.flatMap(({ name }) => ['-p', name]), '--', '--check', '-l'];
  const { code, output } = await runCommand('cargo', args, { cwd: checkout });
  return { ok: code === 0, output: `not formatted:\n${output}\nRun: cargo fmt --all` };
}

/**
 * Runs cargo in the cached workspace.
 *
 * @param {StepContext} context
 * @param {string} label
 * @param {readonly string[]} args
 * @returns {Promise<StepResult>}
 */
async function cargo({ checkout, progress }, label, args) {
  return withWorkspace(
    checkout,
    async (workspace) => {
      const env = await modelEnv(args.includes('--release'), progress);
      const { code, output } = await runCargo(args, { workspace, progress, label, env, onDiagnostic: () => {} });
      return { ok: code === 0, output, counts: args[0] === 'test' ? cargoTestCounts(output) : noTests() };
    },
    { onWait: (message) => progress.log(message) },
  );
}

/**
 * @param {StepContext} context
 * @returns {Promise<StepResult>}
 */
async function vitest({ checkout, progress }) {
  const folder = mkdtempSync(join(tmpdir(), 'tramontane-test-'));
  const startedAt = performance.now();
  let last = '';
  progress.start(() => `vitest  ${formatClock(performance.now() - startedAt)} elapsed  ${last}`);
  try {
    const report = join(folder, 'vitest.json');
    const { code, output } = await runCommand(
      'vitest',
      ['run', '--silent=passed-only', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
      {
        cwd: checkout,
        env: { ...nodeToolEnv(checkout), ...(await modelEnv(true, progress)), NO_COLOR: '1', FORCE_COLOR: undefined },
        onStdoutLine: (line) => (last = line.trim() || last),
      },
    );
    return { ok: code === 0, output: withoutPassed(output), counts: vitestCounts(report) };
  } finally {
    progress.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * What failed is found at a glance, also where somebody keeps only the last page.
 *
 * @param {string} output
 */
function withoutPassed(output) {
  return output
    .split('\n')
    .filter((line) => !/^\s*✓/.test(line))
    .join('\n');
}

/**
 * Runs each example with the test model, under the checkout's Node and, if it is another one, the machine's. Those in
 * `examples/node22` need that version of Node, as what they show does, and are run where it is there.
 *
 * @param {StepContext} context
 * @returns {Promise<StepResult>}
 */
async function examples({ checkout, progress }) {
  const model = await getModel({ progress });
  const examplesIn = (/** @type {string} */ folder) =>
    readdirSync(join(checkout, folder))
      .filter((name) => name.endsWith('.mjs'))
      .toSorted()
      .map((name) => join(folder, name));
  let output = '';
  for (const env of [nodeToolEnv(checkout), withoutNodeModules()]) {
    const node = (await runCommand('node', ['--version'], { cwd: checkout, env })).output.trim();
    if (output.includes(`under ${node}`)) continue;
    const newer = Number.parseInt(node.slice(1), 10) >= 22 ? examplesIn(join('examples', 'node22')) : [];
    for (const name of [...examplesIn('examples'), ...newer]) {
      progress.start(() => `${name} under ${node}`);
      let printed = '';
      const { code, output: all } = await runCommand('node', [name, model], {
        cwd: checkout,
        env,
        onStdoutLine: (line) => (printed += line),
      });
      progress.stop();
      output += `${name} under ${node}\n${all}\n`;
      if (code !== 0 || printed.trim() === '') {
        return {
          ok: false,
          output: `${output}${name} ${code !== 0 ? `ended with exit code ${code}` : 'printed nothing'}`,
        };
      }
    }
  }
  return { ok: true, output };
}

/**
 * @param {boolean} wanted
 * @param {import('./progress-line.mjs').ProgressLine} progress
 * @returns {Promise<NodeJS.ProcessEnv>} What tests read to find the test model.
 */
async function modelEnv(wanted, progress) {
  return wanted ? { TRAMONTANE_TEST_MODEL: await getModel({ progress }) } : {};
}

/** @returns {NodeJS.ProcessEnv} The environment in which `node` is the machine's own, whatever npm put before it. */
function withoutNodeModules() {
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  const folders = (process.env[name] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  return { [name]: folders.join(delimiter) };
}
