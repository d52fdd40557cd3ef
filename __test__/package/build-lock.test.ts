import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withBuildLock } from '../../build/build-lock.mjs';
import { temporaryFolder, writeFiles } from './temporary-folder.ts';

function lockPath(): string {
  return join(temporaryFolder(), 'cache', 'build.lock');
}

function heldBy(path: string, owner: { pid: number; host?: string }): void {
  const whole = { host: hostname(), startedAt: '2026-01-01T00:00:00.000Z', token: 'other', ...owner };
  writeFiles(path, { 'owner.json': JSON.stringify(whole) });
}

function pidOfEndedProcess(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

test('the lock is held during the task and gone after it, also when the task throws', async () => {
  const path = lockPath();
  expect(await withBuildLock(path, async () => existsSync(path))).toBe(true);
  await expect(withBuildLock(path, () => Promise.reject(new Error('compiler')))).rejects.toThrow('compiler');
  expect(readdirSync(dirname(path))).toEqual([]);
});

test('many tasks at once run one after the other', async () => {
  const path = lockPath();
  let running = 0;
  let most = 0;
  const task = async () => {
    running += 1;
    most = Math.max(most, running);
    await sleep(10);
    running -= 1;
  };
  await Promise.all(Array.from({ length: 8 }, () => withBuildLock(path, task, { pollMs: 5 })));
  expect(most).toBe(1);
  expect(readdirSync(dirname(path))).toEqual([]);
});

test('the lock of a process that has ended is taken over at once', async () => {
  const path = lockPath();
  heldBy(path, { pid: pidOfEndedProcess() });
  expect(await withBuildLock(path, async () => 'built', { waitMs: 0 })).toBe('built');
});

test('the lock of another machine is taken over only after its heartbeat has stood still', async () => {
  const path = lockPath();
  heldBy(path, { pid: pidOfEndedProcess(), host: 'elsewhere' });
  await expect(withBuildLock(path, async () => 'built', { waitMs: 50, pollMs: 5 })).rejects.toThrow(/elsewhere/);
  const startedAt = performance.now();
  expect(await withBuildLock(path, async () => 'built', { pollMs: 5, heartbeatMs: 20 })).toBe('built');
  expect(performance.now() - startedAt).toBeGreaterThan(100);
});

test('waiting is announced once and bounded, and the message says what to remove', async () => {
  const path = lockPath();
  heldBy(path, { pid: process.pid });
  const said: string[] = [];
  const waiting = withBuildLock(path, async () => 'built', {
    waitMs: 60,
    pollMs: 5,
    onWait: (message) => said.push(message),
  });
  await expect(waiting).rejects.toThrow(`remove ${path}`);
  expect(said).toEqual([expect.stringContaining(`process ${process.pid}`)]);
  expect(existsSync(path)).toBe(true);
});

test('a process that is told to end gives the lock back', async () => {
  const path = lockPath();
  const module = new URL('../../build/build-lock.mjs', import.meta.url).href;
  const script = `
    import { withBuildLock } from ${JSON.stringify(module)};
    process.once('SIGTERM', () => process.exit(143));
    await withBuildLock(${JSON.stringify(path)}, () => { console.log('held'); return new Promise((done) => setTimeout(done, 60_000)); });
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  expect(existsSync(path)).toBe(true);
  child.kill('SIGTERM');
  await once(child, 'close');
  expect(existsSync(path)).toBe(false);
});
