import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { bindingCandidates, targetName } from './binding-candidates.ts';
import type { NativeBinding } from './native-binding.ts';

const packageFolder = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '');

const classes = Object.keys({
  NativeModel: true,
  NativeEmbeddingModel: true,
  NativeModelFiles: true,
} satisfies Record<keyof NativeBinding, true>) as (keyof NativeBinding)[];

let loaded: NativeBinding | undefined;

/**
 * Loads the native library, once per environment (main thread or worker). Looks at the path in TRAMONTANE_NATIVE_PATH
 * and nowhere else where that is set; otherwise in this package's native folder, then for the optional package that npm
 * installs per platform.
 *
 * @throws {TramontaneError} `native-unavailable`, saying what was tried and what to do. The next call tries again.
 */
export function loadBinding(): NativeBinding {
  loaded ??= findAndLoad();
  return loaded;
}

function findAndLoad(): NativeBinding {
  const require = createRequire(import.meta.url);
  const override = process.env['TRAMONTANE_NATIVE_PATH'];
  if (override) return load(require, isAbsolute(override) ? override : resolve(override));

  const platform = { platform: process.platform, arch: process.arch, musl: isMusl(), packageFolder };
  const candidates = bindingCandidates(platform);
  const found = candidates.find((candidate) => exists(require, candidate));
  if (found !== undefined) return load(require, found);
  throw new TramontaneError(
    'native-unavailable',
    `no native library for ${targetName(platform)}; looked for ${candidates.join(' and ')}. ` +
      'Install again without --omit=optional, build it with `npm run build`, or set TRAMONTANE_NATIVE_PATH to a .node file',
  );
}

function load(require: NodeJS.Require, path: string): NativeBinding {
  let binding: Partial<NativeBinding> | undefined;
  try {
    binding = require(path) as Partial<NativeBinding> | undefined;
  } catch (cause) {
    const message = `the native library ${path} could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new TramontaneError('native-unavailable', message, { file: path, cause });
  }
  if (binding && classes.every((name) => typeof binding[name] === 'function')) return binding as NativeBinding;
  const message = `${path} is no native library of tramontane, or one of another version; install both from the same release`;
  throw new TramontaneError('native-unavailable', message, { file: path });
}

function exists(require: NodeJS.Require, candidate: string): boolean {
  if (isAbsolute(candidate)) return existsSync(candidate);
  try {
    require.resolve(candidate);
    return true;
  } catch {
    return false;
  }
}

function isMusl(): boolean {
  if (process.platform !== 'linux') return false;
  // In Node since 20.13, though not in its types.
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean };
  const before = report.excludeNetwork ?? false;
  // Otherwise the report looks up the names of all open connections, which can take seconds.
  report.excludeNetwork = true;
  try {
    const { header } = report.getReport() as { readonly header?: { readonly glibcVersionRuntime?: string } };
    return header?.glibcVersionRuntime === undefined;
  } finally {
    report.excludeNetwork = before;
  }
}
