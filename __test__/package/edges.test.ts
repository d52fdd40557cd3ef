import { readFileSync, readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** What each room of src may import besides itself. A room that is not listed here has no place yet. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  spec: [],
  request: ['spec'],
  accumulate: ['spec'],
  native: ['spec'],
  views: ['spec', 'request', 'accumulate'],
  stream: ['spec', 'request', 'accumulate', 'views'],
  remote: ['spec', 'request', 'views', 'stream'],
  recording: ['spec', 'request', 'accumulate', 'stream'],
  agent: ['spec', 'request', 'accumulate', 'stream'],
  mcp: ['spec', 'request', 'agent'],
  engine: ['spec', 'request', 'native', 'stream'],
  port: ['spec', 'request', 'stream'],
  files: ['spec', 'request', 'native'],
  server: ['spec', 'request', 'accumulate', 'views', 'stream'],
  testing: ['spec', 'request', 'native', 'stream', 'recording', 'engine'],
  'ai-sdk': ['spec', 'request', 'accumulate', 'stream'],
  cli: ['index.ts', 'request', 'remote', 'server'],
  'index.ts': ['spec', 'accumulate', 'views', 'stream', 'agent', 'remote', 'recording', 'engine', 'files'],
};

/** The npm packages that a room may import. */
const packages: Readonly<Record<string, readonly string[]>> = { remote: ['eventsource-parser'], server: ['ws'] };
/** Those of which it may import types, so that nothing of them is needed when it runs. */
const typesOf: Readonly<Record<string, readonly string[]>> = { 'ai-sdk': ['@ai-sdk/provider'] };

const src = fileURLToPath(new URL('../../src', import.meta.url));
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

function roomOf(file: string): string {
  return relative(src, file).split(sep)[0] ?? '';
}

function importsOf(file: string): string[] {
  const source = readFileSync(file, 'utf8');
  const statements = source.matchAll(/^\s*(?:import|export)\b[^'"]*?from\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm);
  return Array.from(statements, ([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? '');
}

function importsTypesOnly(file: string, specifier: string): boolean {
  const statements = readFileSync(file, 'utf8').matchAll(new RegExp(`^(import|export)\\b( type)?[^'"]*['"]${specifier}['"]`, 'gm'));
  return Array.from(statements).every(([, , type]) => type !== undefined);
}

it('finds the imports there are', () => {
  expect(importsOf(join(src, 'index.ts'))).toContain('./engine/load-model.ts');
});

describe.each(files)('src/%s', (name) => {
  const file = join(src, name);
  const imports = importsOf(file);

  it('imports only rooms its own room may know', () => {
    const room = roomOf(file);
    const known = allowed[room] ?? [];
    for (const specifier of imports.filter((path) => path.startsWith('.'))) {
      const target = roomOf(resolve(dirname(file), specifier));
      expect([room, ...known], `src/${name} imports ${specifier}`).toContain(target);
    }
  });

  it('imports no npm package but those of its room', () => {
    const types = (typesOf[roomOf(file)] ?? []).filter((specifier) => importsTypesOnly(file, specifier));
    const known = new Set([...(packages[roomOf(file)] ?? []), ...types]);
    for (const specifier of imports.filter((path) => !path.startsWith('.') && !known.has(path))) {
      expect(specifier, `src/${name}`).toMatch(/^node:/);
      expect(builtinModules).toContain(specifier.slice('node:'.length));
    }
  });

  it('belongs to a room of the list above', () => {
    expect(Object.keys(allowed)).toContain(roomOf(file));
  });
});
