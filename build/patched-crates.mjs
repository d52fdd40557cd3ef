import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { BuildError } from './build-error.mjs';
import { runCommand } from './run-command.mjs';

/**
 * Gives the workspace its own copies of the crates that `patches/` changes.
 *
 * `patches/NAME-VERSION/*.patch` are applied, in the order of their names, to the source that the registry has of that
 * crate. The copy lies in `workspace/vendor`, and is made anew only when a patch changes: cargo goes by file times. What
 * the checkout itself holds stays as it is, so cargo works there too, on the crates as published.
 *
 * @param {string} checkout
 * @param {string} workspace Synchronised with the checkout already.
 * @throws {BuildError} When a patch does not apply, or the lock file does not have the crate.
 */
export async function patchCrates(checkout, workspace) {
  const patched = crateFolders(join(checkout, 'patches'));
  const vendor = join(workspace, 'vendor');
  for (const name of crateFolders(vendor)) {
    if (!patched.includes(name)) rmSync(join(vendor, name), { recursive: true, force: true });
  }
  if (patched.length === 0) return;
  const sources = await registrySources(checkout);
  let config = readFileSync(join(workspace, '.cargo', 'config.toml'), 'utf8') + '\n[patch.crates-io]\n';
  let lock = readFileSync(join(workspace, 'Cargo.lock'), 'utf8');
  for (const folder of patched) {
    const source = sources.get(folder);
    if (!source) throw new BuildError(`patches/${folder} is for a crate that Cargo.lock does not have`);
    const copy = join(vendor, folder);
    await makeCopy(source, join(checkout, 'patches', folder), copy);
    const [, name = '', version = ''] = /^(.+)-(\d+\.\d+\.\d+.*)$/.exec(folder) ?? [];
    const path = JSON.stringify(relative(workspace, copy).replaceAll('\\', '/'));
    // Under a key of its own: the workspace has a patch by the name of candle-core already, for another version.
    config += `${folder.replaceAll('.', '-')} = { package = "${name}", path = ${path} }\n`;
    lock = withoutSource(lock, name, version);
  }
  writeIfDifferent(join(workspace, '.cargo', 'config.toml'), config);
  writeIfDifferent(join(workspace, 'Cargo.lock'), lock);
}

/** @param {string} folder @returns {string[]} */
function crateFolders(folder) {
  if (!statSync(folder, { throwIfNoEntry: false })) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}

/**
 * Where cargo keeps the sources of the registry's crates, by `NAME-VERSION`.
 *
 * @param {string} checkout
 * @returns {Promise<Map<string, string>>}
 */
async function registrySources(checkout) {
  let json = '';
  const { code, output } = await runCommand('cargo', ['metadata', '--locked', '--format-version', '1'], {
    cwd: checkout,
    onStdoutLine: (line) => (json += line),
  });
  if (code !== 0) throw new BuildError(`cargo metadata failed:\n${output}`);
  /** @type {{ packages: { name: string, version: string, source: string | null, manifest_path: string }[] }} */
  const { packages } = JSON.parse(json);
  return new Map(
    packages
      .filter(({ source }) => source?.startsWith('registry+'))
      .map(({ name, version, manifest_path }) => [`${name}-${version}`, dirname(manifest_path)]),
  );
}

/**
 * @param {string} source
 * @param {string} patches
 * @param {string} copy
 */
async function makeCopy(source, patches, copy) {
  const names = readdirSync(patches).filter((name) => name.endsWith('.patch')).toSorted();
  const hash = createHash('sha256');
  for (const name of names) hash.update(name).update(readFileSync(join(patches, name)));
  const state = hash.digest('hex');
  const stamp = join(copy, '.patched');
  if (statSync(stamp, { throwIfNoEntry: false }) && readFileSync(stamp, 'utf8') === state) return;
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(dirname(copy), { recursive: true });
  cpSync(source, copy, { recursive: true });
  for (const name of names) {
    const { code, output } = await runCommand('git', ['apply', '-p1', join(patches, name)], {
      cwd: copy,
      // The copy belongs to no repository, whatever folder it lies in.
      env: { GIT_CEILING_DIRECTORIES: dirname(copy) },
    });
    if (code !== 0) throw new BuildError(`patches/${basename(copy)}/${name} does not apply:\n${output}`);
  }
  // mistralrs-core has cargo watch `.git/HEAD`; one that is missing counts as changed, at every call.
  mkdirSync(join(copy, '.git'), { recursive: true });
  writeFileSync(join(copy, '.git', 'HEAD'), '');
  writeFileSync(stamp, state);
}

/**
 * The lock file as cargo wants it for a crate that comes from a folder.
 *
 * @param {string} lock
 * @param {string} name
 * @param {string} version
 */
function withoutSource(lock, name, version) {
  const entry = `[[package]]\nname = "${name}"\nversion = "${version}"\n`;
  const at = lock.indexOf(entry);
  if (at < 0) throw new BuildError(`Cargo.lock has no ${name} ${version}`);
  const end = at + entry.length;
  return lock.slice(0, end) + lock.slice(end).replace(/^source = .*\nchecksum = .*\n/, '');
}

/** @param {string} file @param {string} text */
function writeIfDifferent(file, text) {
  if (readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
}
