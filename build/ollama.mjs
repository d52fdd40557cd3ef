import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { BuildError } from './build-error.mjs';
import { cacheDir } from './cache-dir.mjs';
import { unpackLlamaCppPython } from './llama-cpp-python.mjs';
import { formatClock } from './progress-line.mjs';
import { runCommand } from './run-command.mjs';

/** The newest of the Go module whose `go` directive (1.24.1) most installed toolchains satisfy (MIT). */
const MODULE = 'github.com/ollama/ollama@v0.17.4';

/** Headers that Ollama's C++ needs from `vendor` folders, which a Go module never contains. */
const VENDORED = ['nlohmann', 'stb', 'miniaudio'];

/** @param {string} cache */
const folderIn = (cache) => join(cache, 'servers', 'ollama');

/** @param {string} folder */
const stampIn = (folder) => join(folder, 'installed');

/**
 * @param {string} [cache] The cache folder.
 * @returns {string | null} The program; null where it is not installed.
 */
export function ollama(cache = cacheDir()) {
  const folder = folderIn(cache);
  const isWhole = existsSync(stampIn(folder)) && readFileSync(stampIn(folder), 'utf8') === MODULE;
  return isWhole ? join(folder, 'bin', process.platform === 'win32' ? 'ollama.exe' : 'ollama') : null;
}

/**
 * Builds it from its Go module into the cache folder, for the processor alone, which takes minutes.
 *
 * @param {{ cache?: string, progress: import('./progress-line.mjs').ProgressLine }} options
 * @throws {BuildError} When Go is missing or it cannot be built; the end of what go said is in the message.
 */
export async function installOllama({ cache = cacheDir(), progress }) {
  const folder = folderIn(cache);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await runCommand('go', ['version'], { cwd: folder }).catch((cause) => {
    const advice = 'Go is not installed, or not on PATH: get it from https://go.dev/dl, and run this again';
    throw new BuildError(advice, { cause });
  });
  const startedAt = performance.now();
  progress.start(() => `compiling Ollama  ${formatClock(performance.now() - startedAt)} elapsed`);
  const sources = mkdtempSync(join(folder, '.sources-'));
  try {
    const unpacked = await unpackLlamaCppPython(sources);
    const include = join(folder, 'include');
    for (const name of VENDORED) {
      cpSync(join(unpacked, 'vendor', 'llama.cpp', 'vendor', name), join(include, name), { recursive: true });
    }
    const { code, output } = await runCommand('go', ['install', '-p', String(availableParallelism()), MODULE], {
      cwd: folder,
      env: {
        GOFLAGS: '-mod=mod',
        GOBIN: join(folder, 'bin'),
        CGO_CPPFLAGS: `-I${include}`,
        CGO_CFLAGS: '-O3 -march=native',
        CGO_CXXFLAGS: '-O3 -march=native',
      },
    });
    if (code !== 0) throw new BuildError(`go install ${MODULE} failed:\n${output.slice(-4000).trim()}`);
  } finally {
    progress.stop();
    rmSync(sources, { recursive: true, force: true });
  }
  writeFileSync(stampIn(folder), MODULE);
}
