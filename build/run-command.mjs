import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { BuildError } from './build-error.mjs';

/** .cmd files on Windows, which only a shell can start. */
const SHIMS = new Set(['npm', 'tsc', 'vitest']);

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill();
});

/**
 * @typedef {object} RunOptions
 * @property {string} cwd
 * @property {NodeJS.ProcessEnv} [env] Added to this process's environment.
 * @property {(line: string) => void} [onStdoutLine] Gets each line of standard output, without its end.
 * @property {(line: string) => void} [onStderrLine] Gets each line of standard error, without its end.
 */

/**
 * Runs a command to its end. It is stopped with this process.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} options
 * @returns {Promise<{ code: number, output: string }>} The exit code (128 and more after a signal) and both outputs as they came.
 * @throws {BuildError} When the command cannot be started; `cause` has the system's error.
 */
export function runCommand(command, args, { cwd, env, onStdoutLine, onStderrLine }) {
  return new Promise((resolve, reject) => {
    const shell = process.platform === 'win32' && SHIMS.has(command);
    const child = spawn(command, shell ? args.map(quoted) : args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell,
    });
    running.add(child);
    let output = '';
    /**
     * @param {import('node:stream').Readable} stream
     * @param {((line: string) => void) | undefined} onLine
     */
    const collect = (stream, onLine) => {
      let rest = '';
      stream.setEncoding('utf8');
      stream.on('data', (/** @type {string} */ text) => {
        output += text;
        if (!onLine) return;
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) onLine(line.replace(/\r$/, ''));
      });
      stream.on('end', () => {
        if (onLine && rest !== '') onLine(rest);
      });
    };
    collect(child.stdout, onStdoutLine);
    collect(child.stderr, onStderrLine);
    child.on('error', (error) => {
      running.delete(child);
      reject(new BuildError(`cannot start ${command}: ${error.message}`, { cause: error }));
    });
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve({ code: code ?? (signal === 'SIGINT' ? 130 : 143), output });
    });
  });
}

/** @param {string} argument */
function quoted(argument) {
  return /\s/.test(argument) ? `"${argument}"` : argument;
}

/**
 * The environment in which the checkout's npm tools run: `node_modules/.bin` comes first, as in an npm script, and with it
 * the Node that the development dependency `node` brings.
 *
 * @param {string} checkout
 * @returns {NodeJS.ProcessEnv}
 */
export function nodeToolEnv(checkout) {
  // Windows spells the variable Path; setting PATH beside it would leave two.
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  return { [name]: join(checkout, 'node_modules', '.bin') + delimiter + (process.env[name] ?? '') };
}
