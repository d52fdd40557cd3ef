import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { downloadModel, inspectModel, listCachedModels, loadModel, removeCachedModel } from '../../src/index.ts';
import type { DownloadModelOptions, DownloadProgress } from '../../src/index.ts';
import { startHubServer } from '../support/hub/hub-server.ts';
import type { HubServer } from '../support/hub/hub-server.ts';
import { writeTinyGguf, writeTinySafetensors } from '../support/models/tiny-model.ts';
import { errorOf } from '../support/read-stream.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

const scratch = scratchFolder();
const gguf = join(scratch, 'tiny.gguf');
const quantised = join(scratch, 'tiny.Q4_0.gguf');
const folder = join(scratch, 'tiny');
writeTinyGguf(gguf);
writeTinyGguf(quantised, { type: 'Q4_0' });
writeTinySafetensors(folder);
const ggufBytes = readFileSync(gguf).length;

const repositories = {
  'org/gguf': { files: { 'tiny.gguf': { path: gguf, lfs: true }, 'tiny.Q4_0.gguf': { path: quantised, lfs: true } } },
  'org/safetensors': {
    files: Object.fromEntries(
      readdirSync(folder).map((name) => [name, { path: join(folder, name), lfs: name.endsWith('.safetensors') }]),
    ),
  },
  'org/bert': {
    files: {
      'config.json': { content: '{"architectures":["BertModel"]}' },
      'tokenizer.json': { content: '{}' },
      'model.safetensors': { path: join(folder, 'model.safetensors'), lfs: true },
    },
  },
};

let hub: HubServer;
let cacheDir: string;
let caches = 0;
beforeEach(async () => {
  for (const name of Object.keys(process.env)) if (/^(HF|HUGGING|TRANSFORMERS)/.test(name)) vi.stubEnv(name, undefined);
  vi.stubEnv('HF_HOME', join(scratch, 'no-home'));
  hub = await startHubServer(repositories);
  cacheDir = join(scratch, `cache-${(caches += 1)}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.close();
});

function here(options: DownloadModelOptions = {}): DownloadModelOptions {
  return { endpoint: hub.endpoint, cacheDir, ...options };
}

const storageBodies = () => hub.requests.filter(({ origin, method }) => origin === 'storage' && method === 'GET');

describe('downloadModel', () => {
  it('brings one file of a repository, which loadModel then finds by name and by path', async () => {
    const model = await downloadModel('org/gguf', here({ file: 'tiny.gguf' }));
    expect(model).toMatchObject({ model: 'org/gguf', format: 'gguf', bytes: ggufBytes, downloadedBytes: ggufBytes });
    expect(model.files).toEqual([{ path: model.path, bytes: ggufBytes }]);
    expect(readFileSync(model.path).equals(readFileSync(gguf))).toBe(true);
    await (await loadModel(model.path)).close();
    await (await loadModel('org/gguf', { cacheDir, file: 'tiny.gguf', offline: true })).close();
  });

  it('brings nothing the second time', async () => {
    await downloadModel('org/gguf', here({ file: 'Q4_0' }));
    const again = await downloadModel('org/gguf', here({ file: 'Q4_0' }));
    expect(again.downloadedBytes).toBe(0);
    expect(storageBodies()).toHaveLength(1);
  });

  it('lists all files of a folder of safetensors', async () => {
    const model = await downloadModel('org/safetensors', here());
    expect(model.format).toBe('safetensors');
    expect(model.files.map(({ path }) => path.slice(model.path.length + 1)).toSorted()).toEqual(readdirSync(folder).toSorted());
    expect(model.downloadedBytes).toBe(model.bytes);
  });

  it('says what there is of a file and a folder on disk', async () => {
    expect(await downloadModel(gguf)).toEqual({
      model: gguf,
      format: 'gguf',
      path: gguf,
      files: [{ path: gguf, bytes: ggufBytes }],
      bytes: ggufBytes,
      downloadedBytes: 0,
    });
    expect((await downloadModel(folder)).path).toBe(folder);
  });

  it('tells how far and how fast it is', async () => {
    Object.assign(hub.behaviour, { chunkBytes: 16 * 1024, delayMsPerChunk: 60 });
    const reports: DownloadProgress[] = [];
    await downloadModel('org/gguf', here({ file: 'tiny.gguf', onProgress: (progress) => void reports.push(progress) }));
    expect(reports[0]).toEqual({
      phase: 'resolve',
      done: 0,
      total: null,
      unit: 'bytes',
      bytesPerSecond: null,
      remainingMs: null,
    });
    const rates = reports.flatMap(({ bytesPerSecond }) => bytesPerSecond ?? []);
    expect(rates.length).toBeGreaterThan(0);
    for (const rate of rates) expect(rate).toBeGreaterThan(0);
    expect(reports.at(-1)).toMatchObject({ phase: 'download', done: ggufBytes, total: ggufBytes, remainingMs: 0 });
  });

  it('can be aborted, and goes on where it stopped', async () => {
    Object.assign(hub.behaviour, { chunkBytes: 16 * 1024, delayMsPerChunk: 30 });
    const controller = new AbortController();
    const onProgress = ({ done }: DownloadProgress) => {
      if (done > 60_000) controller.abort('enough');
    };
    const error = await errorOf(downloadModel('org/gguf', here({ file: 'tiny.gguf', abortSignal: controller.signal, onProgress })));
    expect(error).toMatchObject({ code: 'aborted', cause: 'enough' });
    const [begun] = await listCachedModels({ cacheDir });
    expect(begun).toMatchObject({ model: 'org/gguf', revisions: [] });
    expect(begun?.partialBytes).toBeGreaterThan(60_000);

    hub.behaviour.delayMsPerChunk = 0;
    const { downloadedBytes } = await downloadModel('org/gguf', here({ file: 'tiny.gguf' }));
    expect(downloadedBytes).toBe(ggufBytes - (begun?.partialBytes ?? 0));
    expect(storageBodies()[1]?.headers.range).toBe(`bytes=${begun?.partialBytes}-`);
  });

  it('does not begin where the signal is raised already', async () => {
    const error = await errorOf(downloadModel('org/gguf', here({ abortSignal: AbortSignal.abort('no') })));
    expect(error).toMatchObject({ code: 'aborted', cause: 'no' });
    expect(hub.requests).toEqual([]);
  });

  it('stops at an error of onProgress, and throws it', async () => {
    Object.assign(hub.behaviour, { chunkBytes: 16 * 1024, delayMsPerChunk: 30 });
    const own = new Error('the bar broke');
    const onProgress = ({ phase }: DownloadProgress) => {
      if (phase === 'download') throw own;
    };
    await expect(downloadModel('org/gguf', here({ file: 'tiny.gguf', onProgress }))).rejects.toBe(own);
  });

  it('refuses what the engine cannot run before its weights come', async () => {
    const error = await errorOf(downloadModel('org/bert', here()));
    expect(error.code).toBe('unsupported-model');
    expect(error.message).toMatch(/EmbeddingGemma and Qwen3-Embedding/);
    expect(storageBodies()).toEqual([]);
  });

  it('refuses what cannot be meant', async () => {
    const refused = async (call: Promise<unknown>, field: string) =>
      expect(await errorOf(call)).toMatchObject({ code: 'invalid-argument', field });
    await refused(downloadModel(''), 'model');
    await refused(downloadModel(7 as never), 'model');
    await refused(downloadModel('org/gguf', here()), 'file');
    await refused(downloadModel('org/gguf', { isq: 4 } as never), 'isq');
    await refused(downloadModel('org/gguf', here({ revision: '../..' })), 'revision');
    await refused(downloadModel('org/gguf', here({ onProgress: 'yes' as never })), 'onProgress');
    expect((await errorOf(downloadModel('org/nobody-knows', here()))).message).toContain('org/nobody-knows');
    expect(await errorOf(downloadModel('./nowhere'))).toMatchObject({ code: 'model-not-found' });
  });

  it('serves many at once', async () => {
    const models = await Promise.all(Array.from({ length: 20 }, () => downloadModel('org/gguf', here({ file: 'Q4_0' }))));
    expect(storageBodies()).toHaveLength(1);
    expect(models.filter(({ downloadedBytes }) => downloadedBytes > 0)).toHaveLength(1);
  });
});

describe('listCachedModels', () => {
  it('is empty without a cache', async () => {
    expect(await listCachedModels({ cacheDir })).toEqual([]);
  });

  it('tells repositories, revisions and files', async () => {
    await downloadModel('org/safetensors', here());
    const { path } = await downloadModel('org/gguf', here({ file: 'tiny.gguf' }));
    // What is no repository is left out.
    mkdirSync(join(cacheDir, 'datasets--org--x'));
    mkdirSync(join(cacheDir, 'models--a--b--c'));
    writeFileSync(join(cacheDir, 'models--org--file'), 'no folder');
    const [first, second, ...others] = await listCachedModels({ cacheDir });
    expect(others).toEqual([]);
    expect(second).toMatchObject({ model: 'org/safetensors', partialBytes: 0 });
    expect(first).toEqual({
      model: 'org/gguf',
      path: join(cacheDir, 'models--org--gguf'),
      bytes: ggufBytes,
      partialBytes: 0,
      lastUsedAt: expect.any(Date),
      revisions: [
        {
          commit: hub.commitOf('org/gguf'),
          names: ['main'],
          bytes: ggufBytes,
          lastModifiedAt: expect.any(Date),
          files: [{ name: 'tiny.gguf', path, bytes: ggufBytes }],
        },
      ],
    });
    expect(Math.abs(Date.now() - Number(first?.lastUsedAt))).toBeLessThan(600_000);
  });

  it('refuses what is no folder', async () => {
    expect(await errorOf(listCachedModels({ cacheDir: 7 as never }))).toMatchObject({ field: 'cacheDir' });
    expect(await errorOf(listCachedModels({ cache: 'x' } as never))).toMatchObject({ field: 'cache' });
  });
});

describe('removeCachedModel', () => {
  it('deletes a repository, and nothing else', async () => {
    await downloadModel('org/gguf', here({ file: 'tiny.gguf' }));
    await downloadModel('org/safetensors', here());
    const removed = await removeCachedModel('org/gguf', { cacheDir });
    expect(removed).toMatchObject({ model: 'org/gguf', commits: [hub.commitOf('org/gguf')] });
    expect(removed.freedBytes).toBeGreaterThanOrEqual(ggufBytes);
    expect((await listCachedModels({ cacheDir })).map(({ model }) => model)).toEqual(['org/safetensors']);
    expect(readdirSync(cacheDir).filter((name) => name.includes('gguf'))).toEqual([]);
    await (await loadModel('org/safetensors', { cacheDir, offline: true })).close();
    expect(await errorOf(removeCachedModel('org/gguf', { cacheDir }))).toMatchObject({ code: 'model-not-found' });
  });

  it('deletes a revision, and keeps what another shares with it', async () => {
    const commit = hub.commitOf('org/gguf');
    await downloadModel('org/gguf', here({ file: 'tiny.gguf' }));
    const root = join(cacheDir, 'models--org--gguf');
    const other = 'f'.repeat(40);
    mkdirSync(join(root, 'snapshots', other));
    const blob = readdirSync(join(root, 'blobs')).find((name) => !name.endsWith('.lock'));
    symlinkSync(`../../blobs/${blob}`, join(root, 'snapshots', other, 'renamed.gguf'));
    writeFileSync(join(root, 'blobs', 'a'.repeat(40)), 'only in the other');
    symlinkSync(`../../blobs/${'a'.repeat(40)}`, join(root, 'snapshots', other, 'note.txt'));
    writeFileSync(join(root, 'refs', 'v2'), other);

    expect(await removeCachedModel('org/gguf', { cacheDir, revision: 'v2' })).toMatchObject({ commits: [other] });
    expect(existsSync(join(root, 'blobs', 'a'.repeat(40)))).toBe(false);
    expect(existsSync(join(root, 'blobs', blob ?? ''))).toBe(true);
    expect(readdirSync(join(root, 'refs'))).toEqual(['main']);
    expect(await errorOf(removeCachedModel('org/gguf', { cacheDir, revision: 'v2' }))).toMatchObject({ code: 'model-not-found' });
    expect(await removeCachedModel('org/gguf', { cacheDir, revision: 'main' })).toMatchObject({ commits: [commit] });
    expect(existsSync(join(root, 'blobs', blob ?? ''))).toBe(false);
  });

  it('leaves what is being downloaded', async () => {
    Object.assign(hub.behaviour, { chunkBytes: 16 * 1024, delayMsPerChunk: 30 });
    let error: unknown;
    const onProgress = ({ done }: DownloadProgress) => {
      if (done > 0) error ??= errorOf(removeCachedModel('org/gguf', { cacheDir }));
    };
    const { path } = await downloadModel('org/gguf', here({ file: 'tiny.gguf', onProgress }));
    expect(await error).toMatchObject({ code: 'model-busy' });
    expect(existsSync(path)).toBe(true);
  });

  it('does not follow a link out of the cache, and takes no name that leads there', async () => {
    const outside = join(scratch, 'outside');
    mkdirSync(join(outside, 'snapshots'), { recursive: true });
    writeFileSync(join(outside, 'keep'), 'this');
    mkdirSync(cacheDir);
    symlinkSync(outside, join(cacheDir, 'models--org--link'));
    expect(await errorOf(removeCachedModel('org/link', { cacheDir }))).toMatchObject({ code: 'invalid-argument', field: 'model' });
    for (const name of ['../outside', '..', 'a/../b', '/etc', 'a/b/c', '.', 'org/..', 'a--b/c', gguf]) {
      expect(await errorOf(removeCachedModel(name, { cacheDir }))).toMatchObject({ field: 'model' });
    }
    expect(readdirSync(outside)).toEqual(['keep', 'snapshots']);

    // A snapshot whose links lead elsewhere takes nothing with it.
    const root = join(cacheDir, 'models--org--odd');
    const commit = 'b'.repeat(40);
    mkdirSync(join(root, 'snapshots', commit), { recursive: true });
    symlinkSync(join(outside, 'keep'), join(root, 'snapshots', commit, 'weights'));
    symlinkSync(outside, join(root, 'snapshots', commit, 'folder'));
    expect(await removeCachedModel('org/odd', { cacheDir, revision: commit })).toMatchObject({ commits: [commit] });
    expect(await removeCachedModel('org/odd', { cacheDir })).toMatchObject({ commits: [] });
    expect(readdirSync(outside)).toEqual(['keep', 'snapshots']);
  });
});

describe('inspectModel', () => {
  it('tells what a GGUF file is', async () => {
    const description = await inspectModel(quantised, { contextLength: 100 });
    expect(description).toMatchObject({
      model: quantised,
      kind: 'text',
      format: 'gguf',
      path: quantised,
      architecture: 'llama',
      quantization: 'Q4_0',
      contextLength: 512,
      embeddingWidth: 64,
      layerCount: 2,
      headCount: 4,
      keyValueHeadCount: 2,
      expertCount: 0,
      vocabularySize: 320,
      tokenizer: 'bpe',
      runnable: true,
      problem: null,
    });
    expect(description.chatTemplate).toContain('<|im_start|>');
    expect(description.tensorTypes.map(({ type }) => type)).toEqual(['Q4_0', 'F32']);
    const added = (of: 'parameters' | 'bytes') => description.tensorTypes.reduce((sum, type) => sum + type[of], 0);
    expect(added('parameters')).toBe(description.parameterCount);
    expect(added('bytes')).toBeLessThan(description.bytes);
    // Two layers of two heads of 16 keys and values, in four bytes each.
    expect(description.memory).toMatchObject({ contextLength: 100, contextBytes: 2 * 2 * 2 * 16 * 100 * 4 });
  });

  it('tells the same of a model whatever its files', async () => {
    const [file, whole] = [await inspectModel(gguf), await inspectModel(folder)];
    const { model: _model, path: _path, format: _format, name: _name, architecture: _architecture, ...same } = file;
    const { files: _files, bytes: _bytes, memory: _memory, ...facts } = same;
    expect(whole).toMatchObject(facts);
    expect(whole).toMatchObject({ format: 'safetensors', architecture: 'LlamaForCausalLM', runnable: true, path: folder });
    await using model = await loadModel(folder);
    expect(model.info.parameterCount).toBe(whole.parameterCount);
  });

  it('finds a repository in the cache, and says where it is not', async () => {
    const missing = await errorOf(inspectModel('org/safetensors', { cacheDir }));
    expect(missing.code).toBe('model-not-found');
    expect(missing.message).toMatch(/download it first/);
    await downloadModel('org/safetensors', here());
    const asked = hub.requests.length;
    expect(await inspectModel('org/safetensors', here())).toMatchObject({ model: 'org/safetensors', runnable: true });
    expect(hub.requests).toHaveLength(asked);
  });

  it('describes what cannot be run, with the reason', async () => {
    const other = join(scratch, 'bert');
    writeTinySafetensors(other);
    const config = JSON.parse(readFileSync(join(other, 'config.json'), 'utf8')) as object;
    writeFileSync(join(other, 'config.json'), JSON.stringify({ ...config, architectures: ['BertModel'] }));
    const description = await inspectModel(other);
    expect(description).toMatchObject({ architecture: 'BertModel', layerCount: 2, runnable: false, problem: { code: 'unsupported-model' } });
    expect(description.problem?.message).toMatch(/BERT/);
  });

  it('refuses files that are damaged, naming them', async () => {
    const cut = join(scratch, 'cut.gguf');
    writeTinyGguf(cut);
    truncateSync(cut, 10_000);
    expect(await errorOf(inspectModel(cut))).toMatchObject({ code: 'invalid-model', file: cut });
    writeFileSync(join(scratch, 'text.gguf'), 'no model');
    expect(await errorOf(inspectModel(join(scratch, 'text.gguf')))).toMatchObject({ code: 'invalid-model' });
    expect(await errorOf(inspectModel(join(scratch, 'none.gguf')))).toMatchObject({ code: 'model-not-found' });
    expect(await errorOf(inspectModel(scratch))).toMatchObject({ code: 'invalid-argument', field: 'file' });
  });

  it('refuses options that cannot be used', async () => {
    expect(await errorOf(inspectModel(gguf, { contextLength: 0 }))).toMatchObject({ field: 'contextLength' });
    expect(await errorOf(inspectModel(gguf, { device: 'cpu' } as never))).toMatchObject({ field: 'device' });
    expect(await errorOf(inspectModel(gguf, { abortSignal: AbortSignal.abort() }))).toMatchObject({ code: 'aborted' });
  });
});
