import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as tramontane from '../../src/index.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const manifest = JSON.parse(read('package.json')) as Record<string, unknown>;

it('index.d.ts declares the values that the package exports, and no others', () => {
  const declared = Array.from(read('index.d.ts').matchAll(/^export declare (?:class|function|const) (\w+)/gm), ([, name]) => name);
  expect(declared.toSorted()).toEqual(Object.keys(tramontane).toSorted());
});

it('the package has no dependencies', () => {
  expect(manifest).not.toHaveProperty('dependencies');
  expect(manifest).not.toHaveProperty('peerDependencies');
});

it('types come first among the conditions of each export', () => {
  const conditions = Object.values(manifest['exports'] as Record<string, unknown>).filter((entry) => typeof entry === 'object');
  for (const condition of conditions) expect(Object.keys(condition ?? {})[0]).toBe('types');
});

it('the lock file names no registry', () => {
  expect(read('package-lock.json')).not.toContain('"resolved"');
});
