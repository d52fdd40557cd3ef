import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

interface Metadata {
  readonly packages: readonly {
    readonly name: string;
    readonly id: string;
    readonly dependencies: readonly Dependency[];
  }[];
  readonly resolve: { readonly nodes: readonly Node[] } | null;
}

interface Dependency {
  readonly name: string;
  /** Null for a normal one. */
  readonly kind: 'dev' | 'build' | null;
}

interface Node {
  readonly id: string;
  readonly deps: readonly { readonly pkg: string; readonly dep_kinds: readonly { readonly kind: string | null }[] }[];
}

const checkout = fileURLToPath(new URL('../..', import.meta.url));

function cargo(...args: string[]): string {
  return execFileSync('cargo', args, {
    cwd: checkout,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function metadata(...args: string[]): Metadata {
  return JSON.parse(cargo('metadata', '--format-version', '1', '--locked', ...args)) as Metadata;
}

const declared = metadata('--no-deps');

/** What a crate's manifest names, for whatever purpose. */
function namedBy(crate: string): string[] {
  const found = declared.packages.find(({ name }) => name === `tramontane-${crate}`);
  if (!found) throw new Error(`crates/${crate} is not a member of the workspace`);
  return [...new Set(found.dependencies.map(({ name }) => name))];
}

function ours(crate: string): string[] {
  return namedBy(crate)
    .filter((name) => name.startsWith('tramontane-'))
    .map((name) => name.replace('tramontane-', ''))
    .toSorted();
}

const isEngine = (name: string) => /^(mistralrs|candle)/.test(name);
const isNapi = (name: string) => name.startsWith('napi');
const crates = declared.packages.map(({ name }) => name).filter((name) => name.startsWith('tramontane-'));

test('our crates are the six of the plan; a seventh needs a place in the direction below', () => {
  expect(crates.toSorted()).toEqual(
    ['binding', 'engine', 'error', 'kernels', 'model-files', 'session'].map((name) => `tramontane-${name}`),
  );
});

test('dependencies go one way: error, then model-files and session, beside them kernels, then engine, then binding', () => {
  const below: Record<string, readonly string[]> = {
    error: [],
    kernels: [],
    'model-files': ['error'],
    session: ['error'],
    engine: ['error', 'kernels', 'model-files', 'session'],
    binding: ['engine', 'error', 'model-files', 'session'],
  };
  for (const [crate, allowed] of Object.entries(below)) {
    expect(
      ours(crate).filter((name) => !allowed.includes(name)),
      `crates/${crate} may not know these`,
    ).toEqual([]);
  }
  expect(ours('engine')).toEqual(expect.arrayContaining(['kernels', 'model-files', 'session']));
  expect(ours('binding')).toContain('engine');
});

test('only engine names mistralrs and candle', () => {
  expect(namedBy('engine').filter(isEngine)).toContain('mistralrs-core');
  for (const crate of ['error', 'kernels', 'model-files', 'session', 'binding']) {
    expect(namedBy(crate).filter(isEngine), `crates/${crate}`).toEqual([]);
  }
});

test('only binding names napi', () => {
  expect(namedBy('binding').filter(isNapi)).toContain('napi');
  for (const crate of ['error', 'kernels', 'model-files', 'session', 'engine']) {
    expect(namedBy(crate).filter(isNapi), `crates/${crate}`).toEqual([]);
  }
});

test('neither reaches the light crates through somebody else', () => {
  const host = /^host: (.+)$/m.exec(execFileSync('rustc', ['-vV'], { encoding: 'utf8' }))?.[1] ?? '';
  // Only this platform's crates, which the build has downloaded: the test asks no registry.
  const { packages, resolve } = metadata('--filter-platform', host);
  const nodes = new Map(resolve?.nodes.map((node) => [node.id, node]));
  const names = new Map(packages.map(({ id, name }) => [id, name]));
  for (const crate of ['error', 'kernels', 'model-files', 'session']) {
    const reached = new Set<string>();
    const visit = (id: string) => {
      if (reached.has(id)) return;
      reached.add(id);
      for (const { pkg, dep_kinds } of nodes.get(id)?.deps ?? []) {
        if (dep_kinds.some(({ kind }) => kind !== 'dev')) visit(pkg);
      }
    };
    visit(packages.find(({ name }) => name === `tramontane-${crate}`)?.id ?? '');
    const forbidden = [...reached].map((id) => names.get(id) ?? '').filter((name) => isEngine(name) || isNapi(name));
    expect(forbidden, `crates/${crate}`).toEqual([]);
  }
});
