import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BuildError } from '../build/build-error.mjs';
import { cacheDir } from '../build/cache-dir.mjs';
import { runCommand } from '../build/run-command.mjs';

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {string} title
 * @property {() => boolean} installed
 * @property {() => Promise<void>} install Into the cache folder.
 * @property {(spec: string) => [command: string, args: string[], env?: NodeJS.ProcessEnv]} command Measures by `spec`.
 */

const NODE_LLAMA_CPP = '3.22.1';
const MISTRALRS = '0.9.5';
const folder = join(cacheDir(), 'bench');
const script = (/** @type {string} */ name) => fileURLToPath(new URL(`contenders/${name}`, import.meta.url));
const llamaEntry = join(folder, `node-llama-cpp-${NODE_LLAMA_CPP}`, 'node_modules', 'node-llama-cpp', 'dist', 'index.js');
const python = join(folder, `mistralrs-${MISTRALRS}`, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

/** @type {readonly Contender[]} */
export const CONTENDERS = [
  {
    name: 'tramontane',
    title: 'tramontane',
    installed: () => true,
    install: async () => {},
    command: (spec) => [process.execPath, [script('tramontane.mjs'), spec]],
  },
  {
    name: 'node-llama-cpp',
    title: `node-llama-cpp ${NODE_LLAMA_CPP}`,
    installed: () => existsSync(llamaEntry),
    async install() {
      const home = join(folder, `node-llama-cpp-${NODE_LLAMA_CPP}`);
      mkdirSync(home, { recursive: true });
      writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
      // Its own install script would look for binaries to download; the platform package has them already.
      await orFail('npm', ['install', '--ignore-scripts', '--no-audit', `node-llama-cpp@${NODE_LLAMA_CPP}`], home);
    },
    command: (spec) => [process.execPath, [script('node-llama-cpp.mjs'), spec], { NODE_LLAMA_CPP: llamaEntry }],
  },
  {
    name: 'mistralrs',
    title: `mistralrs ${MISTRALRS} (Python)`,
    installed: () => existsSync(python),
    async install() {
      mkdirSync(folder, { recursive: true });
      const home = join(folder, `mistralrs-${MISTRALRS}`);
      await orFail('python3', ['-m', 'venv', home], folder);
      await orFail(python, ['-m', 'pip', 'install', '--quiet', `mistralrs==${MISTRALRS}`], folder);
    },
    command: (spec) => [python, [script('mistralrs-python.py'), spec]],
  },
];

/** @param {string} command @param {string[]} args @param {string} cwd */
async function orFail(command, args, cwd) {
  const { code, output } = await runCommand(command, args, { cwd });
  if (code !== 0) throw new BuildError(`${command} ${args.join(' ')} failed:\n${output.slice(-2000)}`);
}
