import { stripVTControlCharacters } from 'node:util';
import { formatClock } from './progress-line.mjs';
import { runCommand } from './run-command.mjs';

/**
 * @typedef {object} CargoOptions
 * @property {import('./with-workspace.mjs').Workspace} workspace
 * @property {import('./progress-line.mjs').ProgressLine} progress
 * @property {string} label What the live line says is going on: `building the engine`.
 * @property {number} [expectedCrates] How many crates the build has, if known.
 * @property {string} [note] Said at the end of the live line.
 * @property {NodeJS.ProcessEnv} [env] Added to the environment of cargo and of the tests that it runs.
 * @property {(line: string) => void} [onDiagnostic] Gets the compiler's warnings and errors, line by line. Default: shown above the live line.
 *
 * @typedef {object} CargoResult
 * @property {number} code
 * @property {number} crates How many crates the build had.
 * @property {number} compiled How many of its units were not there already.
 * @property {string} output What the programs that cargo ran printed, and the compiler's diagnostics, as they came.
 */

/** What cargo says about its own doings; the live line says it better. */
const CHATTER =
  /^\s+(Compiling|Checking|Downloading|Downloaded|Updating|Locking|Adding|Fresh|Dirty|Finished|Running|Executable|Doc-tests)\b/;

/**
 * Runs cargo in the workspace with a live line that counts crates.
 *
 * @param {readonly string[]} args A command that builds. `--message-format` is added to it.
 * @param {CargoOptions} options
 * @returns {Promise<CargoResult>}
 */
export async function runCargo(args, { workspace, progress, label, expectedCrates = 0, note, env, onDiagnostic }) {
  const startedAt = performance.now();
  /** @type {Set<string>} */
  const crates = new Set();
  let compiled = 0;
  /** The crate that cargo named last, before its build has ended. */
  let current = '';
  let output = '';
  const show = onDiagnostic ?? ((line) => progress.log(line));
  progress.start(() => {
    const count = expectedCrates
      ? `${crates.size}/${Math.max(expectedCrates, crates.size)} crates`
      : `${crates.size} crates`;
    const parts = [`${label}  ${count}`, `${formatClock(performance.now() - startedAt)} elapsed`];
    if (current) parts.push(current);
    if (note) parts.push(`(${note})`);
    return parts.join('  ');
  });
  const separator = args.indexOf('--');
  const at = separator < 0 ? args.length : separator;
  try {
    const { code } = await runCommand(
      'cargo',
      [...args.slice(0, at), '--message-format', 'json-render-diagnostics', ...args.slice(at)],
      {
        cwd: workspace.folder,
        env: {
          ...env,
          CARGO_TARGET_DIR: workspace.targetDir,
          CARGO_TERM_COLOR: process.stderr.isTTY ? 'always' : 'never',
        },
        onStdoutLine(line) {
          const message = parseMessage(line);
          if (!message) {
            output += `${line}\n`;
          } else if (message.reason === 'compiler-artifact') {
            crates.add(message.package_id);
            if (!message.fresh) compiled += 1;
          }
        },
        onStderrLine(line) {
          const plain = stripVTControlCharacters(line);
          if (CHATTER.test(plain)) {
            const compiling = /^\s+(?:Compiling|Checking|Running) (.+?)(?: \(.*)?$/.exec(plain);
            if (compiling) current = compiling[1] ?? '';
            return;
          }
          output += `${plain}\n`;
          if (plain.trim() !== '') show(line);
        },
      },
    );
    return { code, crates: crates.size, compiled, output };
  } finally {
    progress.stop();
  }
}

/**
 * @param {string} line
 * @returns {{ reason: string, package_id: string, fresh: boolean } | null} Null for what a program under test printed.
 */
function parseMessage(line) {
  if (!line.startsWith('{"reason":')) return null;
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/**
 * Counts the crates that a build of `packages` has on this platform, without building.
 *
 * @param {import('./with-workspace.mjs').Workspace} workspace
 * @param {readonly string[]} packageArgs `-p` and `--features` as the build gets them.
 * @returns {Promise<number>} 0 when cargo cannot tell; the build will say why.
 */
export async function countCrates(workspace, packageArgs) {
  const lines = new Set();
  const { code } = await runCommand(
    'cargo',
    ['tree', '--locked', ...packageArgs, '-e', 'normal,build', '--prefix', 'none'],
    {
      cwd: workspace.folder,
      onStdoutLine: (line) => lines.add(line.replace(/ \(\*\)$/, '')),
    },
  );
  lines.delete('');
  return code === 0 ? lines.size : 0;
}
