import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BuildError } from './build-error.mjs';
import { checkToolchain } from './check-toolchain.mjs';
import { countCrates, runCargo } from './run-cargo.mjs';
import { withWorkspace } from './with-workspace.mjs';

/** The crates of the native library. Tests name the same ones, so that cargo unites the same features and compiles nothing twice. */
export const NATIVE_PACKAGES = ['-p', 'tramontane-engine', '-p', 'tramontane-binding'];

/**
 * Builds the native library for this machine and puts it where the package loads it from.
 *
 * @param {string} checkout
 * @param {object} options
 * @param {import('./progress-line.mjs').ProgressLine} options.progress
 * @param {readonly string[]} [options.features] Features of `tramontane-binding`: `cuda` or `metal`.
 * @param {string} [options.cache] The cache folder (default: `cacheDir()`).
 * @returns {Promise<{ file: string, compiled: number, copied: boolean }>} The library's path, how many units cargo had to
 *   compile, and whether the file in the checkout changed.
 * @throws {BuildError} When the toolchain is incomplete or the build fails.
 */
export async function buildNativeLibrary(checkout, { progress, features = [], cache }) {
  await checkToolchain(checkout);
  if (process.env.RUSTFLAGS || process.env.CARGO_ENCODED_RUSTFLAGS) {
    progress.log(
      'RUSTFLAGS is set: cargo takes it in place of the flags in .cargo/config.toml (the processor level among them)',
    );
  }
  const featureArgs =
    features.length > 0 ? ['--features', features.map((name) => `tramontane-binding/${name}`).join(',')] : [];
  return withWorkspace(
    checkout,
    async (workspace) => {
      const built = join(workspace.targetDir, 'release', libraryFileName());
      const remembered = join(workspace.cache, 'crate-counts.json');
      const counts = readCounts(remembered);
      const key = ['release', ...features].join('+');
      const packageArgs = [...NATIVE_PACKAGES, ...featureArgs];
      const { code, crates, compiled } = await runCargo(['build', '--release', '--locked', ...packageArgs], {
        workspace,
        progress,
        label: 'building the engine',
        expectedCrates: counts[key] ?? (await countCrates(workspace, packageArgs)),
        note: statSync(built, { throwIfNoEntry: false }) ? undefined : 'first build: about 25 minutes on two cores',
      });
      if (code !== 0) throw new BuildError('cargo could not build the native library; its messages are above.');
      if (counts[key] !== crates) writeFileSync(remembered, JSON.stringify({ ...counts, [key]: crates }));
      const file = join(checkout, 'native', nativeFileName());
      return { file, compiled, copied: replaceIfDifferent(built, file) };
    },
    { cache, onWait: (message) => progress.log(message) },
  );
}

/**
 * The file that the package loads: `tramontane.linux-x64.node`, `tramontane.linux-arm64-musl.node`.
 *
 * @param {NodeJS.Platform} [platform]
 * @param {string} [arch]
 * @param {boolean} [musl]
 */
export function nativeFileName(platform = process.platform, arch = process.arch, musl = usesMusl()) {
  return `tramontane.${platform}-${arch}${platform === 'linux' && musl ? '-musl' : ''}.node`;
}

/** @returns {boolean} Whether this Node runs on musl (Alpine) rather than glibc. */
function usesMusl() {
  if (process.platform !== 'linux') return false;
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return !report.header?.glibcVersionRuntime;
}

/** What cargo calls the library on this platform. */
function libraryFileName() {
  if (process.platform === 'win32') return 'tramontane_binding.dll';
  return process.platform === 'darwin' ? 'libtramontane_binding.dylib' : 'libtramontane_binding.so';
}

/**
 * Copies by a rename, since a running process may have the old file loaded: writing into it would crash that process.
 *
 * @param {string} from
 * @param {string} to
 * @returns {boolean} Whether there was anything to do.
 */
function replaceIfDifferent(from, to) {
  const old = statSync(to, { throwIfNoEntry: false });
  if (old && old.size === statSync(from).size && readFileSync(to).equals(readFileSync(from))) return false;
  mkdirSync(dirname(to), { recursive: true });
  const made = to.replace(/node$/, `${process.pid}.node`);
  try {
    copyFileSync(from, made);
    renameSync(made, to);
  } catch (error) {
    rmSync(made, { force: true });
    throw new BuildError(
      `cannot replace ${to}: ${error instanceof Error ? error.message : error}.\n` +
        'If a program is using the library (Windows does not replace a loaded one), end it and run this again.',
      { cause: error },
    );
  }
  return true;
}

/**
 * @param {string} file
 * @returns {Record<string, number>} How many crates each kind of build had the last time.
 */
function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}
