import { existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { syncWorkspace } from '../../build/sync-workspace.mjs';
import { temporaryFolder, writeFiles } from './temporary-folder.ts';

/** Long enough ago that a file written by the test has another time. */
const LONG_AGO = new Date('2020-02-02T02:02:02Z');

function checkoutAndWorkspace() {
  const checkout = join(temporaryFolder(), 'checkout');
  const workspace = join(temporaryFolder(), 'workspace');
  writeFiles(checkout, {
    'Cargo.toml': '[workspace]',
    'Cargo.lock': '# lock',
    '.cargo/config.toml': '[build]',
    'crates/engine/Cargo.toml': '[package]',
    'crates/engine/src/lib.rs': '// engine',
    'crates/engine/src/device/cuda.rs': '// cuda',
    'src/index.ts': 'export {}',
  });
  return { checkout, workspace };
}

function age(file: string): void {
  utimesSync(file, LONG_AGO, LONG_AGO);
}

test('a first synchronisation copies what cargo needs and nothing else', () => {
  const { checkout, workspace } = checkoutAndWorkspace();
  const { written, removed } = syncWorkspace(checkout, workspace);
  expect(written).toContain('crates/engine/src/device/cuda.rs');
  expect(written).toHaveLength(6);
  expect(removed).toEqual([]);
  expect(readFileSync(join(workspace, '.cargo/config.toml'), 'utf8')).toBe('[build]');
  expect(existsSync(join(workspace, 'src'))).toBe(false);
});

test('a file with the same bytes keeps its time, however new the checkout is', () => {
  const { checkout, workspace } = checkoutAndWorkspace();
  syncWorkspace(checkout, workspace);
  age(join(workspace, 'crates/engine/src/lib.rs'));
  writeFileSync(join(checkout, 'crates/engine/src/lib.rs'), '// engine');
  expect(syncWorkspace(checkout, workspace)).toEqual({ written: [], removed: [], unchanged: 6 });
  expect(statSync(join(workspace, 'crates/engine/src/lib.rs')).mtime).toEqual(LONG_AGO);
});

test('a changed file gets a new time, even when its size and its time in the checkout are the old ones', () => {
  const { checkout, workspace } = checkoutAndWorkspace();
  syncWorkspace(checkout, workspace);
  age(join(workspace, 'crates/engine/src/lib.rs'));
  writeFileSync(join(checkout, 'crates/engine/src/lib.rs'), '// ENGINE');
  age(join(checkout, 'crates/engine/src/lib.rs'));
  expect(syncWorkspace(checkout, workspace).written).toEqual(['crates/engine/src/lib.rs']);
  expect(readFileSync(join(workspace, 'crates/engine/src/lib.rs'), 'utf8')).toBe('// ENGINE');
  expect(statSync(join(workspace, 'crates/engine/src/lib.rs')).mtimeMs).toBeGreaterThan(LONG_AGO.getTime());
});

test('a file that left the checkout leaves the workspace, with its empty folders', () => {
  const { checkout, workspace } = checkoutAndWorkspace();
  syncWorkspace(checkout, workspace);
  rmSync(join(checkout, 'crates/engine/src/device'), { recursive: true });
  expect(syncWorkspace(checkout, workspace).removed).toEqual(['crates/engine/src/device/cuda.rs']);
  expect(existsSync(join(workspace, 'crates/engine/src/device'))).toBe(false);
  expect(existsSync(join(workspace, 'crates/engine/src/lib.rs'))).toBe(true);
});

test('a file may take the place of a folder, and a folder the place of a file', () => {
  const { checkout, workspace } = checkoutAndWorkspace();
  syncWorkspace(checkout, workspace);
  rmSync(join(checkout, 'crates/engine/src'), { recursive: true });
  writeFiles(checkout, {
    'crates/engine/src/lib.rs/mod.rs': '// now a folder',
    'crates/engine/src/device': '// now a file',
  });
  syncWorkspace(checkout, workspace);
  expect(readFileSync(join(workspace, 'crates/engine/src/lib.rs/mod.rs'), 'utf8')).toBe('// now a folder');
  expect(readFileSync(join(workspace, 'crates/engine/src/device'), 'utf8')).toBe('// now a file');
});

test('what else lies in the workspace, and a target folder in a crate, are left alone', () => {
  const { checkout, workspace } = checkoutAndWorkspace();
  syncWorkspace(checkout, workspace);
  writeFiles(workspace, { 'notes.txt': 'mine', 'crates/engine/target/CACHEDIR.TAG': '' });
  writeFiles(checkout, { 'crates/engine/target/debug/x': '' });
  expect(syncWorkspace(checkout, workspace)).toEqual({ written: [], removed: [], unchanged: 6 });
  expect(existsSync(join(workspace, 'notes.txt'))).toBe(true);
});

test('an incomplete checkout is refused by name', () => {
  const { checkout, workspace } = checkoutAndWorkspace();
  rmSync(join(checkout, 'Cargo.lock'));
  expect(() => syncWorkspace(checkout, workspace)).toThrow(/Cargo\.lock is missing/);
});
