import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { patchCrates } from '../../build/patched-crates.mjs';
import { syncWorkspace } from '../../build/sync-workspace.mjs';
import { temporaryFolder, writeFiles } from './temporary-folder.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const crates = readdirSync(join(checkout, 'patches'));

test('the patches apply to the published crates, once: cargo goes by file times', async () => {
  const workspace = temporaryFolder();
  const stamp = (crate: string) => statSync(join(workspace, 'vendor', crate, '.patched')).mtimeMs;
  syncWorkspace(checkout, workspace);
  await patchCrates(checkout, workspace);
  const first = crates.map(stamp);
  const config = readFileSync(join(workspace, '.cargo/config.toml'), 'utf8');
  for (const crate of crates) {
    expect(existsSync(join(workspace, 'vendor', crate, 'Cargo.toml'))).toBe(true);
    expect(config).toContain(`"vendor/${crate}"`);
  }
  syncWorkspace(checkout, workspace);
  await patchCrates(checkout, workspace);
  expect(crates.map(stamp)).toEqual(first);
}, 120_000);

test.each(crates)('each patch for %s says why, and what upstream would need', (crate) => {
  for (const name of readdirSync(join(checkout, 'patches', crate))) {
    const [reason = ''] = readFileSync(join(checkout, 'patches', crate, name), 'utf8').split('\n--- a/');
    expect(reason, `${name}`).toMatch(/^[A-Z].+\.\n\n[\s\S]+\nUpstream would need: /);
  }
});

test('a patch that does not apply is named', async () => {
  const broken = temporaryFolder();
  const workspace = temporaryFolder();
  syncWorkspace(checkout, broken);
  syncWorkspace(checkout, workspace);
  const patch = '--- a/src/lib.rs\n+++ b/src/lib.rs\n@@ -1,1 +1,1 @@\n-not there\n+whatever\n';
  writeFiles(broken, { [`patches/${crates[0]}/0001-broken.patch`]: patch });
  await expect(patchCrates(broken, workspace)).rejects.toThrow(/0001-broken\.patch does not apply/);
}, 120_000);
