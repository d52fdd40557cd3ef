import { join, resolve } from 'node:path';
import { withBuildLock } from './build-lock.mjs';
import { cacheDir } from './cache-dir.mjs';
import { patchCrates } from './patched-crates.mjs';
import { syncWorkspace } from './sync-workspace.mjs';

/**
 * @typedef {object} Workspace
 * @property {string} folder Where cargo runs; its `.cargo/config.toml` applies only there.
 * @property {string} targetDir cargo's target directory.
 * @property {string} cache
 */

/**
 * Brings the cached workspace to the state of `checkout` and runs `task` in it. The build lock is held throughout, so that
 * another checkout cannot change the sources under a running cargo.
 *
 * @template T
 * @param {string} checkout
 * @param {(workspace: Workspace) => Promise<T>} task
 * @param {{ cache?: string, onWait?: (message: string) => void }} [options]
 * @returns {Promise<T>}
 */
export function withWorkspace(checkout, task, { cache = cacheDir(), onWait } = {}) {
  const folder = join(cache, 'workspace');
  const targetDir = process.env.CARGO_TARGET_DIR ? resolve(process.env.CARGO_TARGET_DIR) : join(cache, 'target');
  return withBuildLock(
    join(cache, 'build.lock'),
    async () => {
      syncWorkspace(checkout, folder);
      await patchCrates(checkout, folder);
      return task({ folder, targetDir, cache });
    },
    { onWait },
  );
}
