import { mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BuildError } from './build-error.mjs';

/** What cargo needs of a checkout. */
const ENTRIES = ['Cargo.toml', 'Cargo.lock', '.cargo', 'crates'];
/** Never part of the sources, wherever they turn up. */
const LEFT_OUT = new Set(['node_modules', '.git', '.DS_Store']);

/**
 * Makes `workspace` hold the Rust sources of `checkout`, touching only what differs.
 *
 * Cargo knows a crate by its folder and judges its files by their times, so building in each checkout would compile
 * everything anew. This one folder stays where it is, and a file's time changes only when its bytes do.
 *
 * @param {string} checkout
 * @param {string} workspace Made if missing. Anything else in it is left alone.
 * @returns {{ written: string[], removed: string[], unchanged: number }} Paths relative to the workspace, `/` between folders.
 * @throws {BuildError} When the checkout lacks one of the entries.
 */
export function syncWorkspace(checkout, workspace) {
  /** @type {string[]} */
  const written = [];
  /** @type {string[]} */
  const removed = [];
  let unchanged = 0;
  for (const entry of ENTRIES) {
    if (!statSync(join(checkout, entry), { throwIfNoEntry: false })) {
      throw new BuildError(`${join(checkout, entry)} is missing: run this in a complete checkout of the repository`);
    }
    const wanted = new Set(filesUnder(checkout, entry));
    for (const path of filesUnder(workspace, entry)) {
      if (wanted.has(path)) continue;
      rmSync(join(workspace, path));
      removeEmptyFolders(workspace, dirname(path));
      removed.push(path);
    }
    for (const path of wanted) {
      const bytes = readFileSync(join(checkout, path));
      if (holds(join(workspace, path), bytes)) {
        unchanged += 1;
        continue;
      }
      // A folder in the place of a file is left over from an older layout.
      rmSync(join(workspace, path), { recursive: true, force: true });
      mkdirSync(dirname(join(workspace, path)), { recursive: true });
      writeFileSync(join(workspace, path), bytes);
      written.push(path);
    }
  }
  return { written, removed, unchanged };
}

/**
 * @param {string} root
 * @param {string} path Relative to root, of a file or a folder.
 * @returns {string[]} The files at or under it, in a fixed order; none if there is nothing.
 */
function filesUnder(root, path) {
  const stats = statSync(join(root, path), { throwIfNoEntry: false });
  if (!stats) return [];
  if (stats.isFile()) return [path];
  const names = readdirSync(join(root, path));
  return names
    .filter((name) => !LEFT_OUT.has(name) && !(name === 'target' && names.includes('Cargo.toml')))
    .toSorted()
    .flatMap((name) => filesUnder(root, `${path}/${name}`));
}

/**
 * @param {string} file
 * @param {Buffer} bytes
 * @returns {boolean}
 */
function holds(file, bytes) {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats !== undefined && stats.isFile() && stats.size === bytes.length && readFileSync(file).equals(bytes);
}

/**
 * @param {string} workspace
 * @param {string} folder Relative to the workspace.
 */
function removeEmptyFolders(workspace, folder) {
  for (let at = folder; at !== '.'; at = dirname(at)) {
    if (readdirSync(join(workspace, at)).length > 0) return;
    rmdirSync(join(workspace, at));
  }
}
