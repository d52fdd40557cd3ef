import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BuildError } from './build-error.mjs';
import { CHECKOUT } from './build.mjs';
import { nativeFileName } from './native-library.mjs';
import { runScript } from './run-script.mjs';

/**
 * @typedef {object} Target
 * @property {NodeJS.Platform} os
 * @property {string} cpu
 * @property {'glibc' | 'musl'} [libc] Only on Linux.
 */

/**
 * What the package is published for.
 * @type {readonly Target[]}
 */
export const TARGETS = [
  { os: 'linux', cpu: 'x64', libc: 'glibc' },
  { os: 'linux', cpu: 'arm64', libc: 'glibc' },
  { os: 'linux', cpu: 'x64', libc: 'musl' },
  { os: 'darwin', cpu: 'arm64' },
  { os: 'darwin', cpu: 'x64' },
  { os: 'win32', cpu: 'x64' },
];

/**
 * Makes one npm package per native library, and names them as optional dependencies of the root package, each at exactly
 * the root's version: npm then installs the one that fits.
 *
 * @param {object} options
 * @param {string} options.checkout Its package.json is rewritten.
 * @param {string} options.artifacts The folder that holds the libraries.
 * @param {string} options.out Where the packages are made, a folder each; emptied first.
 * @returns {string[]} The folders, ready for `npm publish`.
 * @throws {BuildError} When a library is missing or belongs to no known target: a release is whole or does not happen.
 */
export function makePlatformPackages({ checkout, artifacts, out }) {
  const manifest = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  const fileNames = TARGETS.map(({ os, cpu, libc }) => nativeFileName(os, cpu, libc === 'musl'));
  const found = readdirSync(artifacts).filter((name) => name.endsWith('.node'));
  const missing = fileNames.filter((name) => !found.includes(name));
  if (missing.length > 0)
    throw new BuildError(`${artifacts} lacks ${missing.join(', ')}: build every target before publishing`);
  const unknown = found.filter((name) => !fileNames.includes(name));
  if (unknown.length > 0)
    throw new BuildError(
      `${artifacts} holds ${unknown.join(', ')}, of no known target: add it to build/platform-packages.mjs`,
    );

  rmSync(out, { recursive: true, force: true });
  /** @type {Record<string, string>} */
  const optionalDependencies = {};
  const folders = TARGETS.map((target, index) => {
    const fileName = /** @type {string} */ (fileNames[index]);
    const short = fileName.replace(/^tramontane\./, '').replace(/\.node$/, '');
    const folder = join(out, short);
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(artifacts, fileName), join(folder, fileName));
    if (existsSync(join(checkout, 'LICENSE'))) copyFileSync(join(checkout, 'LICENSE'), join(folder, 'LICENSE'));
    writeFileSync(
      join(folder, 'README.md'),
      `# @tramontane/${short}\n\nThe native library of [tramontane](https://www.npmjs.com/package/tramontane) for ${short}. Install tramontane; npm adds this package where it fits.\n`,
    );
    writeFileSync(
      join(folder, 'package.json'),
      `${JSON.stringify(platformManifest(manifest, target, short, fileName), null, 2)}\n`,
    );
    optionalDependencies[`@tramontane/${short}`] = manifest.version;
    return folder;
  });
  writeFileSync(join(checkout, 'package.json'), `${JSON.stringify({ ...manifest, optionalDependencies }, null, 2)}\n`);
  return folders;
}

/**
 * @param {Record<string, unknown>} root
 * @param {Target} target
 * @param {string} short
 * @param {string} fileName
 */
function platformManifest(root, { os, cpu, libc }, short, fileName) {
  return {
    name: `@tramontane/${short}`,
    version: root.version,
    description: `The native library of tramontane for ${short}`,
    license: root.license,
    // npm checks it against the repository that a trusted publisher publishes from.
    repository: root.repository,
    engines: root.engines,
    os: [os],
    cpu: [cpu],
    ...(libc ? { libc: [libc] } : {}),
    main: fileName,
    files: [fileName],
    publishConfig: { access: 'public' },
  };
}

await runScript(import.meta.url, async () => {
  const { values } = parseArgs({
    options: { artifacts: { type: 'string', default: 'artifacts' }, out: { type: 'string', default: 'npm' } },
  });
  const folders = makePlatformPackages({ checkout: CHECKOUT, artifacts: values.artifacts, out: values.out });
  process.stdout.write(`${folders.join('\n')}\n`);
});
