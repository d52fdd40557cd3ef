import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadModel } from '../../src/index.ts';
import type { LoadModelOptions, LoadProgress } from '../../src/index.ts';
import { startHubServer } from '../support/hub/hub-server.ts';
import type { HubServer } from '../support/hub/hub-server.ts';
import { writeTinyGguf, writeTinySafetensors } from '../support/models/tiny-model.ts';
import { errorOf } from '../support/read-stream.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

const scratch = scratchFolder();
const gguf = join(scratch, 'tiny.gguf');
const folder = join(scratch, 'tiny');
for (const type of ['F32', 'F16', 'Q8_0', 'Q4_0'] as const) writeTinyGguf(join(scratch, `tiny.${type}.gguf`), { type });
writeTinyGguf(gguf);
writeTinySafetensors(folder);

const ggufBytes = readFileSync(gguf).length;
const stored = (name: string) => ({ path: join(scratch, name), lfs: true });
const repositories = {
  'org/one-gguf': {
    files: { 'README.md': '# tiny', 'tiny-f32.gguf': { path: gguf, lfs: true } },
    revisions: ['main', 'v1.0', 'refs/pr/7'],
  },
  'org/many-ggufs': {
    files: {
      'tiny.F16.gguf': stored('tiny.F16.gguf'),
      'tiny.Q8_0.gguf': stored('tiny.Q8_0.gguf'),
      'sub/tiny.Q4_0.gguf': stored('tiny.Q4_0.gguf'),
    },
  },
  'org/with-a-favourite': {
    files: { 'tiny.Q4_K_M.gguf': stored('tiny.Q4_0.gguf'), 'tiny.Q8_0.gguf': stored('tiny.Q8_0.gguf') },
  },
  'org/safetensors': {
    files: Object.fromEntries(
      readdirSync(folder).map((name) => [name, { path: join(folder, name), lfs: name.endsWith('.safetensors') }]),
    ),
  },
  'org/no-model': { files: { 'README.md': '# none' } },
};

let hub: HubServer;
/** Its address, also once it is closed. */
let endpoint: string;
let cacheDir: string;
let caches = 0;
beforeEach(async () => {
  // Whatever this machine has set for the hub, these tests begin without.
  for (const name of Object.keys(process.env)) if (/^(HF|HUGGING|TRANSFORMERS)/.test(name)) vi.stubEnv(name, undefined);
  vi.stubEnv('HF_HOME', join(scratch, 'no-home'));
  hub = await startHubServer(repositories);
  endpoint = hub.endpoint;
  cacheDir = join(scratch, `cache-${(caches += 1)}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.close();
});

/** Options for the hub of this test, and a cache of its own. */
function here(options: LoadModelOptions = {}): LoadModelOptions {
  return { endpoint, cacheDir, ...options };
}

/** What a model answers greedily, to tell models apart. */
async function reply(name: string, options: LoadModelOptions): Promise<string> {
  await using model = await loadModel(name, options);
  return (await model.streamPrompt('Hello there', { temperature: 0, maxOutputTokens: 30 }).result()).text;
}

describe('a repository', () => {
  it('with one GGUF file gives that file', async () => {
    expect(await reply('org/one-gguf', here())).toBe(await reply(gguf, {}));
    await using model = await loadModel('org/one-gguf', here());
    expect(model.info).toMatchObject({ model: 'org/one-gguf', format: 'gguf', quantization: 'F32' });
  });

  it('with several gives the one that file names, in full or by its quantisation', async () => {
    for (const [file, quantization] of [
      ['tiny.F16.gguf', 'F16'],
      ['sub/tiny.Q4_0.gguf', 'Q4_0'],
      ['Q8_0', 'Q8_0'],
      ['q4_0', 'Q4_0'],
    ] as const) {
      await using model = await loadModel('org/many-ggufs', here({ file }));
      expect(model.info.quantization).toBe(quantization);
    }
  });

  it('with several, and no file said, is invalid-argument that names them', async () => {
    const error = await errorOf(loadModel('org/many-ggufs', here()));
    expect(error).toMatchObject({ code: 'invalid-argument', field: 'file' });
    for (const name of ['tiny.F16.gguf', 'tiny.Q8_0.gguf', 'sub/tiny.Q4_0.gguf']) expect(error.message).toContain(name);
    const wrong = await errorOf(loadModel('org/many-ggufs', here({ file: 'Q2_K' })));
    expect(wrong).toMatchObject({ code: 'invalid-argument', field: 'file' });
  });

  it('with several of which one is the usual choice gives that one', async () => {
    await using model = await loadModel('org/with-a-favourite', here());
    expect(model.info.quantization).toBe('Q4_0');
  });

  it('of safetensors gives the same tokens as its folder', async () => {
    expect(await reply('org/safetensors', here())).toBe(await reply(folder, {}));
  });

  it('of safetensors takes isq, as a folder does', async () => {
    await using model = await loadModel('org/safetensors', here({ isq: 8 }));
    expect(model.info).toMatchObject({ format: 'safetensors', quantization: 'Q8_0' });
  });

  it('without a model is model-not-found', async () => {
    expect(await errorOf(loadModel('org/no-model', here()))).toMatchObject({ code: 'model-not-found' });
  });

  it('that the hub does not show says what to try', async () => {
    const error = await errorOf(loadModel('org/nobody-knows', here()));
    expect(error.code).toMatch(/^(download-failed|model-not-found)$/);
    expect(error.message).toContain('org/nobody-knows');
  });

  it.each(['v1.0', 'refs/pr/7', 'COMMIT'])('at revision %s is found', async (name) => {
    const revision = name === 'COMMIT' ? hub.commitOf('org/one-gguf') : name;
    expect(await reply('org/one-gguf', here({ revision }))).toBe(await reply(gguf, {}));
    expect(hub.requests.some(({ url }) => url.includes(encodeURIComponent(revision)))).toBe(true);
  });

  it('at a revision it does not have is model-not-found, naming it', async () => {
    const error = await errorOf(loadModel('org/one-gguf', here({ revision: 'v9' })));
    expect(error.code).toBe('model-not-found');
    expect(error.message).toContain('v9');
  });
});

describe('a token', () => {
  const token = 'hf_AbCdEfGhIjKlMnOpQrStUvWxYz';

  it('that is missing is download-failed, and says how to pass one', async () => {
    hub.behaviour.requireToken = token;
    const error = await errorOf(loadModel('org/one-gguf', here()));
    expect(error.code).toBe('download-failed');
    expect(error.message).toMatch(/token.*HF_TOKEN/);
    expect(error.message).not.toContain(token);
  });

  it('that is refused is download-failed, and is not repeated', async () => {
    hub.behaviour.requireToken = token;
    const wrong = 'hf_ThisOneIsNotTheRightOne';
    const error = await errorOf(loadModel('org/one-gguf', here({ token: wrong })));
    expect(error.code).toBe('download-failed');
    expect(`${error.message} ${JSON.stringify(error)} ${error.stack}`).not.toContain(wrong);
  });

  it('comes from the option or from HF_TOKEN, and goes to the hub and to nobody else', async () => {
    hub.behaviour.requireToken = token;
    await (await loadModel('org/one-gguf', here({ token }))).close();
    vi.stubEnv('HF_TOKEN', token);
    await (await loadModel('org/one-gguf', here({ cacheDir: `${cacheDir}-second` }))).close();
    const sent = (origin: string) => hub.requests.filter((request) => request.origin === origin);
    expect(sent('storage')).not.toHaveLength(0);
    expect(sent('storage').filter(({ headers }) => headers.authorization)).toEqual([]);
    expect(new Set(sent('hub').map(({ headers }) => headers.authorization))).toEqual(new Set([`Bearer ${token}`]));
  });
});

describe('the cache', () => {
  it('has the layout that the other tools of the hub share', async () => {
    await (await loadModel('org/one-gguf', here({ revision: 'v1.0' }))).close();
    const root = join(cacheDir, 'models--org--one-gguf');
    const commit = hub.commitOf('org/one-gguf');
    expect(readFileSync(join(root, 'refs', 'v1.0'), 'utf8').trim()).toBe(commit);
    expect(readdirSync(join(root, 'snapshots'))).toEqual([commit]);
    expect(readFileSync(join(root, 'snapshots', commit, 'tiny-f32.gguf')).equals(readFileSync(gguf))).toBe(true);
    // Beside the blob lies the lock that Rust's tools take.
    const blobs = readdirSync(join(root, 'blobs')).filter((name) => !name.endsWith('.lock'));
    expect(blobs).toHaveLength(1);
    expect(blobs[0]).toMatch(/^[0-9a-f]{64}$/);
  });

  it('holds only what the model needs', async () => {
    await (await loadModel('org/many-ggufs', here({ file: 'Q8_0' }))).close();
    const snapshot = join(cacheDir, 'models--org--many-ggufs', 'snapshots', hub.commitOf('org/many-ggufs'));
    expect(readdirSync(snapshot)).toEqual(['tiny.Q8_0.gguf']);
  });

  it('saves the second download', async () => {
    await (await loadModel('org/one-gguf', here())).close();
    const bodies = () => hub.requests.filter(({ origin, method }) => origin === 'storage' && method === 'GET').length;
    expect(bodies()).toBe(1);
    await (await loadModel('org/one-gguf', here())).close();
    expect(bodies()).toBe(1);
  });

  it('is filled once by two loads at once', async () => {
    const models = await Promise.all([1, 2].map(() => loadModel('org/one-gguf', here())));
    await Promise.all(models.map((model) => model.close()));
    expect(hub.requests.filter(({ origin, method }) => origin === 'storage' && method === 'GET')).toHaveLength(1);
  });

  it.each(['org/one-gguf', 'org/safetensors'])('is enough for %s offline, and when the hub is away', async (name) => {
    const expected = await reply(name, here());
    await hub.close();
    const asked = hub.requests.length;
    expect(await reply(name, here({ offline: true }))).toBe(expected);
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    expect(await reply(name, here())).toBe(expected);
    vi.stubEnv('HF_HUB_OFFLINE', undefined);
    expect(await reply(name, here())).toBe(expected);
    expect(hub.requests).toHaveLength(asked);
  });

  it('is not asked past where it ends: offline, what is missing is model-not-found, and says what to do', async () => {
    const error = await errorOf(loadModel('org/one-gguf', here({ offline: true })));
    expect(error.code).toBe('model-not-found');
    expect(error.message).toMatch(/org\/one-gguf.*offline/);
    expect(hub.requests).toEqual([]);
  });

  it('is where the environment says, unless the option says otherwise', async () => {
    vi.stubEnv('HF_ENDPOINT', endpoint);
    vi.stubEnv('HF_HUB_CACHE', join(scratch, 'hub-cache'));
    await (await loadModel('org/one-gguf')).close();
    expect(existsSync(join(scratch, 'hub-cache', 'models--org--one-gguf'))).toBe(true);
    await (await loadModel('org/one-gguf', { cacheDir })).close();
    expect(existsSync(join(cacheDir, 'models--org--one-gguf'))).toBe(true);
  });
});

describe('a download', () => {
  it('is told of in bytes, file by file, between resolve and load', async () => {
    hub.behaviour.chunkBytes = 32 * 1024;
    hub.behaviour.delayMsPerChunk = 20;
    const reports: LoadProgress[] = [];
    await (await loadModel('org/one-gguf', here({ onProgress: (progress) => void reports.push(progress) }))).close();
    expect([...new Set(reports.map(({ phase }) => phase))]).toEqual(['resolve', 'download', 'load', 'ready']);
    const downloads = reports.filter(({ phase }) => phase === 'download');
    expect(downloads.length).toBeGreaterThan(2);
    for (const report of downloads) expect(report).toMatchObject({ unit: 'bytes', total: ggufBytes, file: 'tiny-f32.gguf' });
    const done = downloads.map((report) => report.done);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(done.at(-1)).toBe(ggufBytes);
  });

  it('can be aborted in the middle, and the next load goes on where it stopped', async () => {
    hub.behaviour.chunkBytes = 16 * 1024;
    hub.behaviour.delayMsPerChunk = 30;
    const controller = new AbortController();
    const onProgress = ({ phase, done }: LoadProgress) => {
      if (phase === 'download' && done > 60_000) controller.abort();
    };
    const error = await errorOf(loadModel('org/one-gguf', here({ abortSignal: controller.signal, onProgress })));
    expect(error.code).toBe('aborted');
    hub.behaviour.delayMsPerChunk = 0;
    expect(await reply('org/one-gguf', here())).toBe(await reply(gguf, {}));
    const bodies = hub.requests.filter(({ origin, method }) => origin === 'storage' && method === 'GET');
    expect(bodies).toHaveLength(2);
    expect(Number(/^bytes=(\d+)-/.exec(bodies[1]?.headers.range ?? '')?.[1])).toBeGreaterThanOrEqual(60_000);
  });

  it('survives a connection that is cut, and goes on where it was', async () => {
    Object.assign(hub.behaviour, { failAfterBytes: 100_000, failTimes: 2 });
    expect(await reply('org/one-gguf', here())).toBe(await reply(gguf, {}));
    const bodies = hub.requests.filter(({ origin, method }) => origin === 'storage' && method === 'GET');
    expect(bodies).toHaveLength(3);
  });

  it('that is cut again and again without getting further is download-failed', async () => {
    Object.assign(hub.behaviour, { failAfterBytes: 0 });
    const error = await errorOf(loadModel('org/one-gguf', here()));
    expect(error.code).toBe('download-failed');
    expect(error.message).toMatch(/try again/);
  });

  it('from a hub that is away is download-failed, naming the hub', async () => {
    await hub.close();
    const error = await errorOf(loadModel('org/one-gguf', here()));
    expect(error.code).toBe('download-failed');
    expect(error.message).toContain(endpoint);
  });

  it.each([429, 500, 503])('from a hub that answers %i is download-failed, with the status', async (status) => {
    hub.behaviour.refuse = () => status;
    const error = await errorOf(loadModel('org/one-gguf', here()));
    expect(error.code).toBe('download-failed');
    expect(error.message).toContain(String(status));
  });

  it('from an address that is none is invalid-argument, field endpoint', async () => {
    const error = await errorOf(loadModel('org/one-gguf', here({ endpoint: 'not an address' })));
    expect(error).toMatchObject({ code: 'invalid-argument', field: 'endpoint' });
  });

  it('of a file that is no model names the file, and leaves the process well', async () => {
    const damaged = await startHubServer({ 'org/damaged': { files: { 'tiny.gguf': { content: 'no model', lfs: true } } } });
    try {
      const error = await errorOf(loadModel('org/damaged', here({ endpoint: damaged.endpoint })));
      expect(error).toMatchObject({ code: 'invalid-model', file: expect.stringContaining('tiny.gguf') });
    } finally {
      await damaged.close();
    }
    expect(await reply('org/one-gguf', here())).toBe(await reply(gguf, {}));
  });
});
