import { statSync } from 'node:fs';
import { join } from 'node:path';
import { BuildError } from './build-error.mjs';
import { formatClock } from './progress-line.mjs';
import { runCommand } from './run-command.mjs';

/**
 * Installs the npm packages that building and testing need, if node_modules is missing or older than package-lock.json.
 *
 * @param {string} checkout
 * @param {{ progress: import('./progress-line.mjs').ProgressLine }} options
 * @returns {Promise<boolean>} Whether anything was installed.
 * @throws {BuildError} When npm fails; its output is in the message.
 */
export async function installDependencies(checkout, { progress }) {
  const lock = modifiedAt(join(checkout, 'package-lock.json'));
  // npm writes this file last, so an install that was broken off does not count.
  const installed = modifiedAt(join(checkout, 'node_modules', '.package-lock.json'));
  if (installed !== null && (lock === null || installed >= lock)) return false;
  const startedAt = performance.now();
  progress.start(() => `installing npm packages  ${formatClock(performance.now() - startedAt)} elapsed`);
  try {
    if (lock !== null && (await runCommand('npm', ['ci'], { cwd: checkout })).code === 0) return true;
    // `npm ci` also refuses a lock file that lacks an optional package for some other platform; installing works then.
    const { code, output } = await runCommand('npm', ['install', '--no-save'], { cwd: checkout });
    if (code !== 0) throw new BuildError(`${output.trim()}\n\nnpm install failed; its messages are above.`);
    return true;
  } finally {
    progress.stop();
  }
}

/**
 * @param {string} file
 * @returns {number | null} Milliseconds, or null if there is no such file.
 */
function modifiedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? null;
}
