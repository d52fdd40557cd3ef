import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDir } from '../build/cache-dir.mjs';
import { installPackage, runOrFail } from './install-package.mjs';

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {string} title
 * @property {() => boolean} installed
 * @property {() => Promise<void>} install Into the cache folder.
 * @property {(spec: string) => [command: string, args: string[], env?: NodeJS.ProcessEnv]} command Measures by `spec`.
 * @property {string} [isq] What it quantises the weights to as it loads them.
 */

const NODE_LLAMA_CPP = '3.22.1';
const MISTRALRS = '0.9.5';
const folder = join(cacheDir(), 'bench');
const script = (/** @type {string} */ name) => fileURLToPath(new URL(`contenders/${name}`, import.meta.url));
const llamaEntry = join(folder, `node-llama-cpp-${NODE_LLAMA_CPP}`, 'node_modules', 'node-llama-cpp', 'dist', 'index.js');
const python = join(folder, `mistralrs-${MISTRALRS}`, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

/** @type {Contender} */
const tramontane = {
  name: 'tramontane',
  title: 'tramontane',
  installed: () => true,
  install: async () => {},
  command: (spec) => [process.execPath, [script('tramontane.mjs'), spec]],
};

/** @type {readonly Contender[]} */
export const CONTENDERS = [
  tramontane,
  {
    name: 'node-llama-cpp',
    title: `node-llama-cpp ${NODE_LLAMA_CPP}`,
    installed: () => existsSync(llamaEntry),
    async install() {
      // Its own install script would look for binaries to download; the platform package has them already.
      const name = `node-llama-cpp@${NODE_LLAMA_CPP}`;
      await installPackage(name, join(folder, name.replace('@', '-')));
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
      await runOrFail('python3', ['-m', 'venv', home], folder);
      await runOrFail(python, ['-m', 'pip', 'install', '--quiet', `mistralrs==${MISTRALRS}`], folder);
    },
    command: (spec) => [python, [script('mistralrs-python.py'), spec]],
  },
];

/**
 * tramontane once for each of these quantisations.
 *
 * @param {readonly string[]} isq As `loadModel` takes them.
 * @returns {Contender[]}
 */
export function quantising(isq) {
  return isq.map((type) => ({ ...tramontane, title: type, isq: type }));
}
