import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildDist } from './build-dist.mjs';
import { cacheDir } from './cache-dir.mjs';
import { installDependencies } from './install-dependencies.mjs';
import { buildNativeLibrary } from './native-library.mjs';
import { ProgressLine, formatClock } from './progress-line.mjs';
import { runScript } from './run-script.mjs';

const HELP = `Builds the native library and dist.

  npm run build [-- OPTIONS]

  --features LIST   features of the native library, by commas: cuda, metal
  --native-only     only the native library, without npm packages and dist
  --help            this text

The first build compiles about 500 crates: 25 minutes on two cores. Later ones, from any checkout on this machine, take
seconds, since cargo works in the cache folder (TRAMONTANE_CACHE_DIR; here ${cacheDir()}).
CARGO_TARGET_DIR names another target directory. RUSTFLAGS replaces the flags of .cargo/config.toml.
`;

/** The root of the repository. */
export const CHECKOUT = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Builds whatever is not up to date.
 *
 * @param {{ progress: import('./progress-line.mjs').ProgressLine, features?: readonly string[], nativeOnly?: boolean }} options
 * @throws {import('./build-error.mjs').BuildError}
 */
export async function build({ progress, features = [], nativeOnly = false }) {
  const startedAt = performance.now();
  const { file, compiled, copied } = await buildNativeLibrary(CHECKOUT, { progress, features });
  const done = [`native/${basename(file)} ${compiled > 0 || copied ? 'built' : 'is up to date'}`];
  if (!nativeOnly) {
    await installDependencies(CHECKOUT, { progress });
    done.push(`dist ${(await buildDist(CHECKOUT)) ? 'built' : 'is up to date'}`);
  }
  progress.log(`${done.join(', ')} (${formatClock(performance.now() - startedAt)})`);
}

await runScript(import.meta.url, async () => {
  const { values } = parseArgs({
    options: {
      features: { type: 'string' },
      'native-only': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  await build({
    progress: new ProgressLine(),
    features: values.features?.split(',').filter(Boolean) ?? [],
    nativeOnly: values['native-only'],
  });
});
