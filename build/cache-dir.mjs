import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * The folder that outlives the checkout: cargo's target directory, the workspace it builds in, and the test model.
 * `TRAMONTANE_CACHE_DIR` names it; otherwise it is the platform's cache folder.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @param {NodeJS.Platform} [platform]
 * @param {string} [home]
 * @returns {string} An absolute path; the folder may not exist yet.
 */
export function cacheDir(env = process.env, platform = process.platform, home = homedir()) {
  if (env.TRAMONTANE_CACHE_DIR) return resolve(env.TRAMONTANE_CACHE_DIR);
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'tramontane');
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'tramontane');
  return join(env.XDG_CACHE_HOME || join(home, '.cache'), 'tramontane');
}
