import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli/run-cli.ts';
import { keys, typeAtCli } from '../support/cli/type-at-cli.ts';
import { startHubServer } from '../support/hub/hub-server.ts';
import type { HubServer } from '../support/hub/hub-server.ts';
import { writeTinyGguf } from '../support/models/tiny-model.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

const scratch = scratchFolder();
const gguf = join(scratch, 'tiny.gguf');
writeTinyGguf(gguf);
const cache = join(scratch, 'cache');
let hub: HubServer;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  hub = await startHubServer({ 'org/tiny': { files: { 'tiny.gguf': { path: gguf, lfs: true } } }, 'org/slow': { files: { 'slow.gguf': { path: gguf, lfs: true } } } });
  env = { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: cache, HF_HUB_OFFLINE: undefined, HF_TOKEN: undefined };
});
afterAll(() => hub.close());

/** The hub sends so slowly that a person can see it. */
async function slowly<Result>(work: () => Promise<Result>): Promise<Result> {
  Object.assign(hub.behaviour, { chunkBytes: 16 * 1024, delayMsPerChunk: 60 });
  try {
    return await work();
  } finally {
    hub.behaviour.delayMsPerChunk = 0;
  }
}

describe('tramontane list and pull', () => {
  it('say where nothing was downloaded yet', async () => {
    const end = await runCli(['list'], { env });
    expect(end).toMatchObject({ code: 0, stdout: '' });
    expect(end.stderr).toContain('tramontane pull');
    expect((await runCli(['list', '--json'], { env })).stdout).toBe('[]\n');
  });

  it('bring a model and show it, with no bar where there is no terminal', async () => {
    const pulled = await runCli(['pull', 'org/tiny'], { env });
    expect(pulled.code).toBe(0);
    expect(pulled.stderr).toMatch(/^org\/tiny: .* in 1 file, .* downloaded\n$/);
    expect(existsSync(pulled.stdout.trim())).toBe(true);
    const again = await runCli(['pull', 'org/tiny:tiny.gguf', '--json'], { env });
    expect(JSON.parse(again.stdout)).toMatchObject({ model: 'org/tiny', downloadedBytes: 0 });
    const listed = await runCli(['list', '--files'], { env });
    expect(listed.stdout).toMatch(/^MODEL +SIZE +LAST USED +REVISIONS\norg\/tiny +[\d.]+ [kM]?B +\d{4}-\d\d-\d\d +main\n {2}tiny\.gguf /);
  });

  it('show a bar in a terminal, stop at Ctrl-C, and go on from there', async () => {
    const stopped = await slowly(() => typeAtCli(['pull', 'org/slow'], [[' left', keys.ctrlC]], env));
    expect(stopped).toMatchObject({ code: 130, missed: null });
    expect(stopped.output).toMatch(/downloading slow\.gguf .*%.*\/s/);
    expect(stopped.output).toContain('goes on from there');
    expect((await runCli(['list'], { env })).stdout).toContain('unfinished');
    const { downloadedBytes, bytes } = JSON.parse((await runCli(['pull', 'org/slow', '--json'], { env })).stdout) as { downloadedBytes: number; bytes: number };
    expect(downloadedBytes).toBeGreaterThan(0);
    expect(downloadedBytes).toBeLessThan(bytes);
  });

  it('tell in one line what the hub does not have', async () => {
    const end = await runCli(['pull', 'org/nothing'], { env });
    expect(end).toMatchObject({ code: 1, stdout: '' });
    expect(end.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(end.stderr).toContain('org/nothing');
  });

  it('refuse a model that is behind a remote engine', async () => {
    expect(await runCli(['pull', 'openai:gpt'], { env })).toMatchObject({ code: 2, stderr: expect.stringContaining('behind a remote engine') as string });
  });
});

describe('tramontane inspect', () => {
  it('tells what is in a file', async () => {
    const { code, stdout } = await runCli(['inspect', gguf]);
    expect(code).toBe(0);
    for (const fact of ['architecture  llama', 'can be loaded yes', 'memory  ', 'TENSORS']) expect(stdout).toContain(fact);
    const json = JSON.parse((await runCli(['inspect', gguf, '--json', '--context-length', '32'])).stdout) as { memory: { contextLength: number } };
    expect(json.memory.contextLength).toBe(32);
  });

  it('finds what was pulled, by its name', async () => {
    const { code, stdout } = await runCli(['inspect', 'org/tiny'], { env });
    expect(code).toBe(0);
    expect(stdout).toContain(join(cache, 'models--org--tiny'));
  });

  it('says where a model was not downloaded', async () => {
    const end = await runCli(['inspect', 'org/nothing'], { env });
    expect(end.code).toBe(1);
    expect(end.stderr).toContain('org/nothing is not in the cache');
  });
});

describe('tramontane remove', () => {
  it('takes models out of the cache, and names the closest one where there is none', async () => {
    const wrong = await runCli(['remove', 'org/tinny'], { env });
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toContain('did you mean org/tiny?');
    const gone = await runCli(['remove', 'org/tiny', 'org/slow'], { env });
    expect(gone.code).toBe(0);
    expect(gone.stdout).toMatch(/^org\/tiny is removed; .* are free\norg\/slow is removed; .* are free\n$/);
    expect((await runCli(['list', '--json'], { env })).stdout).toBe('[]\n');
  });
});
