import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BuildError } from './build-error.mjs';
import { runCommand } from './run-command.mjs';

/**
 * Holds that cargo, a new enough rustc and a C compiler are there, before minutes go into a build that cannot end well.
 *
 * @param {string} checkout
 * @throws {BuildError} Naming what is missing and how to get it.
 */
export async function checkToolchain(checkout) {
  const required = requiredRust(checkout);
  const rustc = await versionOf('rustc', checkout);
  if (rustc === null || (await versionOf('cargo', checkout)) === null) {
    throw new BuildError(
      `Rust is not installed, or cargo is not on PATH. tramontane is built with Rust ${required} or later:\n` +
        'install it from https://rustup.rs, open a new terminal, and run this again.',
    );
  }
  const found = /^rustc (\d+)\.(\d+)/.exec(rustc);
  const [needMajor = 0, needMinor = 0] = required.split('.').map(Number);
  if (found && (Number(found[1]) - needMajor || Number(found[2]) - needMinor) < 0) {
    throw new BuildError(`Rust ${required} or later is needed, and this is "${rustc}". Run: rustup update stable`);
  }
  if (process.platform !== 'win32') await checkCompiler(checkout);
}

/** @param {string} checkout */
async function checkCompiler(checkout) {
  const candidates = process.env.CC ? [process.env.CC] : ['cc', 'gcc', 'clang'];
  for (const candidate of candidates) {
    if ((await versionOf(candidate, checkout)) !== null) return;
  }
  const wanted = process.env.CC
    ? `the C compiler that CC names (${process.env.CC}) cannot be run`
    : 'no C compiler was found';
  const advice =
    process.platform === 'darwin'
      ? 'Run: xcode-select --install'
      : 'On Debian and Ubuntu run: sudo apt install build-essential cmake';
  throw new BuildError(`${wanted}; some of the crates bring C code. ${advice}`);
}

/**
 * @param {string} checkout
 * @returns {string} The `rust-version` of the workspace: `1.95`.
 */
function requiredRust(checkout) {
  const manifest = readFileSync(join(checkout, 'Cargo.toml'), 'utf8');
  return /^rust-version\s*=\s*"([^"]+)"/m.exec(manifest)?.[1] ?? '0.0';
}

/**
 * @param {string} command
 * @param {string} cwd
 * @returns {Promise<string | null>} The first line of `--version`, or null if it cannot be run.
 */
async function versionOf(command, cwd) {
  try {
    const { code, output } = await runCommand(command, ['--version'], { cwd });
    return code === 0 ? (output.split('\n')[0] ?? '') : null;
  } catch {
    return null;
  }
}
