import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { BuildError } from './build-error.mjs';
import { cacheDir } from './cache-dir.mjs';
import { formatClock } from './progress-line.mjs';
import { runCommand } from './run-command.mjs';

/** The Python package whose server is llama.cpp behind OpenAI's protocol (MIT). */
const REQUIREMENT = 'llama-cpp-python[server]==0.3.36';

/** @param {string} cache */
const folderIn = (cache) => join(cache, 'servers', 'llama-cpp-python');

/**
 * @param {string} [cache] The cache folder.
 * @returns {string | null} The Python that has the package, to be started with `-m llama_cpp.server`; null where it is not
 *   installed.
 */
export function llamaCppPython(cache = cacheDir()) {
  const folder = folderIn(cache);
  return stampOf(folder) === REQUIREMENT ? pythonIn(folder) : null;
}

/**
 * Installs it into the cache folder; llama.cpp is compiled, which takes minutes.
 *
 * @param {{ cache?: string, progress: import('./progress-line.mjs').ProgressLine }} options
 * @throws {BuildError} When Python is missing or the package cannot be built; the end of what pip said is in the message.
 */
export async function installLlamaCppPython({ cache = cacheDir(), progress }) {
  const folder = folderIn(cache);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await runOrFail(systemPython(), ['-m', 'venv', folder], folder);
  const startedAt = performance.now();
  progress.start(() => `compiling llama-cpp-python  ${formatClock(performance.now() - startedAt)} elapsed`);
  try {
    await runOrFail(pythonIn(folder), ['-m', 'pip', 'install', '--disable-pip-version-check', REQUIREMENT], folder, {
      // Without what is for images; for this processor alone.
      CMAKE_ARGS: '-DGGML_NATIVE=ON -DLLAVA_BUILD=OFF',
      CMAKE_BUILD_PARALLEL_LEVEL: String(availableParallelism()),
    });
  } finally {
    progress.stop();
  }
  writeFileSync(stampIn(folder), REQUIREMENT);
}

/**
 * Unpacks the sources of the package: those of llama.cpp are in `vendor/llama.cpp` of them.
 *
 * @param {string} folder An empty one.
 * @returns {Promise<string>} Where they are.
 * @throws {BuildError}
 */
export async function unpackLlamaCppPython(folder) {
  const name = REQUIREMENT.replace('[server]', '');
  const pip = ['-m', 'pip', 'download', '--disable-pip-version-check', '--no-deps', '--no-binary', ':all:', name];
  await runOrFail(systemPython(), pip, folder);
  const [archive = ''] = readdirSync(folder).filter((file) => file.endsWith('.tar.gz'));
  await runOrFail(systemPython(), ['-m', 'tarfile', '-e', archive], folder);
  return join(folder, archive.slice(0, -'.tar.gz'.length));
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 * @param {NodeJS.ProcessEnv} [env]
 */
async function runOrFail(command, args, cwd, env = {}) {
  const { code, output } = await runCommand(command, args, { cwd, env });
  if (code !== 0) throw new BuildError(`${command} ${args.join(' ')} failed:\n${output.slice(-4000).trim()}`);
}

function systemPython() {
  return process.platform === 'win32' ? 'python' : 'python3';
}

/** @param {string} folder */
function pythonIn(folder) {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
}

/** @param {string} folder */
function stampIn(folder) {
  return join(folder, 'installed');
}

/** @param {string} folder What is installed there, whole. */
function stampOf(folder) {
  return existsSync(stampIn(folder)) ? readFileSync(stampIn(folder), 'utf8') : null;
}
