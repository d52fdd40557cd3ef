import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHubServer } from '../support/hub/hub-server.ts';
import type { HubServer } from '../support/hub/hub-server.ts';
import { writeTinyEmbeddingModel } from '../support/models/tiny-embedding-model.ts';
import { writeTinyGguf } from '../support/models/tiny-model.ts';
import { runScript, workerUrl } from '../support/run-script.ts';
import type { ScriptEnd } from '../support/run-script.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

const scratch = scratchFolder();
const gguf = join(scratch, 'tiny.gguf');
const folder = join(scratch, 'embedding');
writeTinyGguf(gguf);
writeTinyEmbeddingModel(folder, { layers: 3 });

/** Loads, and embeds far more than is waited for. */
const load = `const model = await loadEmbeddingModel(${JSON.stringify(folder)});`;
const embed = `const call = model.embed(Array(2000).fill('the sea and the sun '.repeat(20))); call.catch(() => {}); await model.embed(['begun']);`;

let hub: HubServer;
let download: string;
beforeAll(async () => {
  // A download that takes minutes.
  const repositories = { 'org/tiny': { files: { 'tiny.gguf': { path: gguf, lfs: true } } } };
  hub = await startHubServer(repositories, { chunkBytes: 1024, delayMsPerChunk: 500 });
  const options = JSON.stringify({ endpoint: hub.endpoint, cacheDir: join(scratch, 'cache') });
  download = `await new Promise((begun) => void downloadModel('org/tiny', { ...${options}, onProgress: ({ done }) => done > 0 && begun() }).catch(() => {}));`;
});
afterAll(() => hub.close());

function expectEnd({ code, signal, stderr }: ScriptEnd, expected: number): void {
  expect({ code, signal, stderr }).toEqual({ code: expected, signal: null, stderr: '' });
}

describe('a process ends by itself', () => {
  it('with an embedding model that is idle', async () => {
    expectEnd(await runScript(`${load} await model.embed(['a']); globalThis.model = model;`, 60_000), 0);
  });

  it('but not before vectors that are awaited', async () => {
    const end = await runScript(`${load} model.embed(['a']).then(({ embeddings }) => console.log(embeddings.length));`, 60_000);
    expectEnd(end, 0);
    expect(end.stdout).toBe('1\n');
  });

  it('after a download was aborted', async () => {
    const options = `endpoint: ${JSON.stringify(hub.endpoint)}, cacheDir: ${JSON.stringify(join(scratch, 'aborted'))}`;
    const end = await runScript(`await downloadModel('org/tiny', { ${options}, abortSignal: AbortSignal.timeout(200) }).catch(({ code }) => console.log(code));`, 60_000);
    expectEnd(end, 0);
    expect(end.stdout).toBe('aborted\n');
  });
});

describe('a process ends without a crash', () => {
  it('by process.exit while it embeds', async () => {
    expectEnd(await runScript(`${load} ${embed} process.exit(3);`, 60_000), 3);
  });

  it('by process.exit while it downloads', async () => {
    expectEnd(await runScript(`${download} process.exit(3);`, 60_000), 3);
  });

  it('when a worker is terminated that embeds and downloads', async () => {
    const end = await runScript(
      `const { Worker } = await import('node:worker_threads');
      const worker = new Worker(${workerUrl(`${load} ${embed} ${download} parentPort.postMessage('begun');`)});
      await new Promise((resolve) => worker.once('message', resolve));
      await worker.terminate();
      console.log('over');`,
      60_000,
    );
    expectEnd(end, 0);
    expect(end.stdout).toBe('over\n');
  });
});
