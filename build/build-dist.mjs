import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BuildError } from './build-error.mjs';
import { nodeToolEnv, runCommand } from './run-command.mjs';

/** What dist is made from. package.json is among them: it decides the module format. */
const INPUTS = ['src', 'tsconfig.json', 'tsconfig.build.json', 'package.json'];

/**
 * Compiles src into dist, unless dist was made from the very same files.
 *
 * @param {string} checkout
 * @returns {Promise<boolean>} Whether it was compiled.
 * @throws {BuildError} With the compiler's messages.
 */
export async function buildDist(checkout) {
  const made = join(checkout, 'node_modules', '.cache', 'tramontane', 'dist-inputs.txt');
  const digest = digestOf(checkout, INPUTS);
  if (readIfThere(made) === digest && statSync(join(checkout, 'dist', 'index.js'), { throwIfNoEntry: false }))
    return false;
  // Otherwise the outputs of a module that is gone would stay, and be published.
  rmSync(join(checkout, 'dist'), { recursive: true, force: true });
  rmSync(made, { force: true });
  const { code, output } = await runCommand('tsc', ['-p', 'tsconfig.build.json'], {
    cwd: checkout,
    env: nodeToolEnv(checkout),
  });
  if (code !== 0) throw new BuildError(`${output.trim()}\n\ntsc could not compile src; its messages are above.`);
  mkdirSync(dirname(made), { recursive: true });
  writeFileSync(made, digest);
  return true;
}

/**
 * @param {string} root
 * @param {readonly string[]} paths
 * @returns {string}
 */
function digestOf(root, paths) {
  const hash = createHash('sha256');
  /** @param {string} path */
  const add = (path) => {
    const stats = statSync(join(root, path), { throwIfNoEntry: false });
    if (!stats) return;
    if (stats.isDirectory()) {
      for (const name of readdirSync(join(root, path)).toSorted()) add(`${path}/${name}`);
    } else {
      hash.update(`${path}\0${stats.size}\0`).update(readFileSync(join(root, path)));
    }
  };
  paths.forEach(add);
  return hash.digest('hex');
}

/** @param {string} file */
function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
