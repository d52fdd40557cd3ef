import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nativeFileName } from '../../build/native-library.mjs';
import { TARGETS, makePlatformPackages } from '../../build/platform-packages.mjs';
import { temporaryFolder, writeFiles } from './temporary-folder.ts';

function release(leftOut: string[] = []) {
  const checkout = temporaryFolder();
  writeFiles(checkout, {
    'package.json': JSON.stringify({
      name: 'tramontane',
      version: '1.2.3',
      license: 'MIT',
      engines: { node: '>=20.19' },
    }),
    LICENSE: 'MIT',
  });
  for (const { os, cpu, libc } of TARGETS) {
    const name = nativeFileName(os, cpu, libc === 'musl');
    if (!leftOut.includes(name)) writeFiles(checkout, { [`artifacts/${name}`]: name });
  }
  return { checkout, artifacts: join(checkout, 'artifacts'), out: join(checkout, 'npm') };
}

function manifestIn(folder: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
}

test('each target becomes a package that only its platform installs', () => {
  const options = release();
  makePlatformPackages(options);
  expect(manifestIn(join(options.out, 'linux-x64-musl'))).toMatchObject({
    name: '@tramontane/linux-x64-musl',
    version: '1.2.3',
    os: ['linux'],
    cpu: ['x64'],
    libc: ['musl'],
    main: 'tramontane.linux-x64-musl.node',
  });
  expect(manifestIn(join(options.out, 'darwin-arm64'))).not.toHaveProperty('libc');
});

test('the root names every platform package at its own exact version', () => {
  const options = release();
  makePlatformPackages(options);
  expect(manifestIn(options.checkout)['optionalDependencies']).toEqual(
    Object.fromEntries(
      ['linux-x64', 'linux-arm64', 'linux-x64-musl', 'darwin-arm64', 'darwin-x64', 'win32-x64'].map((name) => [
        `@tramontane/${name}`,
        '1.2.3',
      ]),
    ),
  );
});

test('a release that lacks a library does not happen', () => {
  const options = release(['tramontane.darwin-x64.node']);
  expect(() => makePlatformPackages(options)).toThrow(/lacks tramontane\.darwin-x64\.node/);
  expect(manifestIn(options.checkout)).not.toHaveProperty('optionalDependencies');
});
