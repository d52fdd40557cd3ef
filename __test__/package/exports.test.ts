import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as aiSdk from '../../src/ai-sdk/index.ts';
import * as aiSdkV3 from '../../src/ai-sdk/v3/index.ts';
import * as tramontane from '../../src/index.ts';
import * as mcp from '../../src/mcp/index.ts';
import * as port from '../../src/port/index.ts';
import * as server from '../../src/server/index.ts';
import * as testing from '../../src/testing/index.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const manifest = JSON.parse(read('package.json')) as Record<string, unknown>;

/** The values that a file of types says are exported: declared there, or passed on. */
function declaredValues(types: string): string[] {
  const declared = types.matchAll(/^export declare (?:class|function|const) (\w+)/gm);
  const passedOn = types.matchAll(/^export \{ (.+) \} from 'tramontane';$/gm);
  const names = [...declared, ...passedOn].flatMap(([, name]) => name?.split(', ') ?? []);
  return [...new Set(names)].toSorted();
}

it.each([
  ['index.d.ts', tramontane],
  ['server.d.ts', server],
  ['testing.d.ts', testing],
  ['ai-sdk.d.ts', aiSdk],
  ['ai-sdk-v3.d.ts', aiSdkV3],
  ['mcp.d.ts', mcp],
  ['port.d.ts', port],
])('%s declares the values that its entry point exports, and no others', (file, entry) => {
  expect(declaredValues(read(file))).toEqual(Object.keys(entry).toSorted());
});

it.each(['server.d.ts', 'testing.d.ts', 'ai-sdk.d.ts', 'ai-sdk-v3.d.ts', 'mcp.d.ts', 'port.d.ts'])('%s declares no type of index.d.ts a second time', (file) => {
  const names = (types: string) => Array.from(types.matchAll(/^(?:export )?(?:declare )?(?:class|interface|type|function) (\w+)/gm), ([, name]) => name);
  const main = new Set(names(read('index.d.ts')));
  expect(names(read(file)).filter((name) => main.has(name))).toEqual([]);
});

it('each entry point has types, and all of them are published', () => {
  const entries = Object.values(manifest['exports'] as Record<string, unknown>).filter((entry) => typeof entry === 'object');
  const types = entries.map((entry) => (entry as { readonly types: string }).types.slice('./'.length));
  expect(types).toEqual(['index.d.ts', 'server.d.ts', 'testing.d.ts', 'ai-sdk.d.ts', 'ai-sdk-v3.d.ts', 'mcp.d.ts', 'port.d.ts']);
  expect(manifest['files']).toEqual(expect.arrayContaining(types));
});

it('the package has two dependencies, which have none', () => {
  expect(Object.keys(manifest['dependencies'] as object)).toEqual(['eventsource-parser', 'ws']);
  const lock = JSON.parse(read('package-lock.json')) as { readonly packages: Record<string, object> };
  for (const name of ['eventsource-parser', 'ws']) expect(lock.packages[`node_modules/${name}`]).not.toHaveProperty('dependencies');
});

it('what an entry point needs besides is optional', () => {
  const peers = Object.keys(manifest['peerDependencies'] as object);
  expect(manifest['peerDependenciesMeta']).toEqual(Object.fromEntries(peers.map((name) => [name, { optional: true }])));
});

it('types come first among the conditions of each export', () => {
  const conditions = Object.values(manifest['exports'] as Record<string, unknown>).filter((entry) => typeof entry === 'object');
  for (const condition of conditions) expect(Object.keys(condition ?? {})[0]).toBe('types');
});

it('the lock file names no registry', () => {
  expect(read('package-lock.json')).not.toContain('"resolved"');
});
