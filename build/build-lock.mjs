import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BuildError } from './build-error.mjs';

/**
 * @typedef {object} Owner
 * @property {number} pid
 * @property {string} host
 * @property {string} startedAt ISO time.
 * @property {string} token Unique to one taking of the lock.
 *
 * @typedef {object} LockOptions
 * @property {number} [waitMs] Longest wait for another owner, in milliseconds (default one hour: a first build fits in it).
 * @property {number} [pollMs] Time between two looks, in milliseconds (default 500).
 * @property {number} [heartbeatMs] How often the owner shows that it lives, in milliseconds (default 10000). An owner silent
 *   for six times as long has lost the lock.
 * @property {(message: string) => void} [onWait] Told why it waits, once per owner.
 */

/**
 * Takes the lock at `path`, waits while another live process holds it, runs `task`, and gives the lock back however it ends.
 *
 * The lock is a folder that appears by a rename with its owner's name already in it, so it is never seen half made. It is
 * stale, and taken over, when its owner's process is gone or when its heartbeat stood still for as long as this process
 * watched: no clocks of two machines are compared.
 *
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} task
 * @param {LockOptions} [options]
 * @returns {Promise<T>}
 * @throws {BuildError} After `waitMs`; the message names the owner and the folder to remove.
 */
export async function withBuildLock(path, task, options = {}) {
  const { heartbeatMs = 10_000 } = options;
  const owner = await take(path, options);
  const heartbeat = setInterval(() => {
    const now = new Date();
    // Only its own lock: after a takeover the file is somebody else's.
    try {
      if (readOwner(path)?.token === owner.token) utimesSync(join(path, 'owner.json'), now, now);
    } catch {}
  }, heartbeatMs);
  heartbeat.unref();
  const release = () => remove(path, owner.token);
  process.once('exit', release);
  try {
    return await task();
  } finally {
    clearInterval(heartbeat);
    process.removeListener('exit', release);
    release();
  }
}

/**
 * @param {string} path
 * @param {LockOptions} options
 * @returns {Promise<Owner>}
 */
async function take(path, { waitMs = 3_600_000, pollMs = 500, heartbeatMs = 10_000, onWait }) {
  const owner = { pid: process.pid, host: hostname(), startedAt: new Date().toISOString(), token: randomUUID() };
  mkdirSync(dirname(path), { recursive: true });
  const since = performance.now();
  /** What was seen last, and since when it looks the same. */
  let seen = { token: '', beat: 0, since };
  for (;;) {
    if (tryTake(path, owner)) return owner;
    const other = readOwner(path);
    if (!other) {
      // Released between the two looks, or damaged; the latter shows as an owner that never beats.
      if (performance.now() - seen.since > heartbeatMs * 6) remove(path, undefined);
      await sleep(pollMs);
      continue;
    }
    const beat = beatOf(path);
    if (other.token !== seen.token) {
      onWait?.(`waiting for another build (process ${other.pid} on ${other.host}, since ${other.startedAt})`);
    }
    if (other.token !== seen.token || beat !== seen.beat) seen = { token: other.token, beat, since: performance.now() };
    const gone = other.host === owner.host && !isAlive(other.pid);
    if (gone || performance.now() - seen.since > heartbeatMs * 6) {
      remove(path, other.token);
      continue;
    }
    if (performance.now() - since > waitMs) {
      throw new BuildError(
        `another build (process ${other.pid} on ${other.host}) has held the build lock since ${other.startedAt}.\n` +
          `Wait for it and run this again, or, if it is not running any more, remove ${path}`,
      );
    }
    await sleep(pollMs);
  }
}

/**
 * @param {string} path
 * @param {Owner} owner
 * @returns {boolean}
 */
function tryTake(path, owner) {
  const made = join(dirname(path), `.${basename(path)}-${owner.token}`);
  mkdirSync(made, { recursive: true });
  writeFileSync(join(made, 'owner.json'), JSON.stringify(owner));
  try {
    // Renaming onto a folder that is not empty fails on every platform.
    renameSync(made, path);
    return true;
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'].includes(code) && exists(path)) return false;
    throw new BuildError(`cannot take the build lock ${path}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** @param {string} path */
function exists(path) {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * @param {string} path
 * @returns {Owner | null}
 */
function readOwner(path) {
  try {
    return JSON.parse(readFileSync(join(path, 'owner.json'), 'utf8'));
  } catch {
    return null;
  }
}

/** @param {string} path */
function beatOf(path) {
  return statSync(join(path, 'owner.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, under another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Removes the lock of one owner, in one step: the folder is moved aside before it is emptied.
 *
 * @param {string} path
 * @param {string | undefined} token The lock is left alone when it is somebody else's by now.
 */
function remove(path, token) {
  if (readOwner(path)?.token !== token) return;
  const aside = join(dirname(path), `.${basename(path)}-${randomUUID()}`);
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (readOwner(aside)?.token !== token) {
    // Another waiter took the stale lock over between the look and the move: give it back its own.
    try {
      renameSync(aside, path);
      return;
    } catch {}
  }
  rmSync(aside, { recursive: true, force: true });
}
