import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BuildError } from '../build/build-error.mjs';
import { runCommand } from '../build/run-command.mjs';

/**
 * Installs an npm package into a folder of its own, without running its scripts.
 *
 * @param {string} name With its version: `name@1.2.3`.
 * @param {string} folder Made where it is missing.
 * @throws {BuildError}
 */
export async function installPackage(name, folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  await runOrFail('npm', ['install', '--ignore-scripts', '--no-audit', name], folder);
}

/**
 * @param {string} command @param {string[]} args @param {string} cwd
 * @throws {BuildError} When it fails, with the end of what it printed.
 */
export async function runOrFail(command, args, cwd) {
  const { code, output } = await runCommand(command, args, { cwd });
  if (code !== 0) throw new BuildError(`${command} ${args.join(' ')} failed:\n${output.slice(-2000)}`);
}
