import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { getModel } from '../../build/get-model.mjs';
import { ProgressLine } from '../../build/progress-line.mjs';
import { temporaryFolder, writeFiles } from './temporary-folder.ts';

const BYTES = Buffer.from('weights '.repeat(1000));
const MODEL = {
  name: 'a small model',
  sizeBytes: BYTES.length,
  sha256: createHash('sha256').update(BYTES).digest('hex'),
  hub: { repo: 'owner/name', revision: 'abc123', fileName: 'model.gguf' },
  wheel: null,
};

async function hub(listener: RequestListener): Promise<{ endpoint: string; requests: string[] }> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

function serving(bytes: Buffer): RequestListener {
  return (request, response) => response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** Keeps the test's output free of progress. */
function silent(): ProgressLine {
  return new ProgressLine({ stream: new Writable({ write: (_chunk, _encoding, done) => done() }) });
}

function options(cache: string, endpoint: string) {
  return { model: MODEL, cache, endpoint, offline: false, progress: silent() };
}

test('the model is downloaded once; later calls ask nobody', async () => {
  const cache = temporaryFolder();
  const { endpoint, requests } = await hub(serving(BYTES));
  const file = await getModel(options(cache, endpoint));
  expect(readFileSync(file).equals(BYTES)).toBe(true);
  expect(await getModel(options(cache, endpoint))).toBe(file);
  expect(requests).toEqual(['HEAD /owner/name/resolve/abc123/model.gguf', 'GET /owner/name/resolve/abc123/model.gguf']);
});

test('a download with another checksum is refused, named, and removed', async () => {
  const cache = temporaryFolder();
  const forged = Buffer.from(BYTES);
  forged[17] = 0;
  const { endpoint } = await hub(serving(forged));
  const refusal = getModel(options(cache, endpoint));
  await expect(refusal).rejects.toThrow(/model\.gguf from http:.* is not the file it should be and was removed/);
  await expect(refusal).rejects.toThrow(MODEL.sha256);
  expect(readdirSync(join(cache, 'models'))).toEqual([]);
});

test('a download that breaks off leaves nothing behind and says so', async () => {
  const cache = temporaryFolder();
  const { endpoint } = await hub((request, response) => {
    if (request.method === 'HEAD') return response.end();
    response.writeHead(200, { 'content-length': BYTES.length });
    return response.write(BYTES.subarray(0, 100), () => response.destroy());
  });
  await expect(getModel(options(cache, endpoint))).rejects.toThrow(/a small model cannot be downloaded: .* broke off/);
  expect(readdirSync(join(cache, 'models'))).toEqual([]);
});

test('a cached file that was damaged is downloaded again', async () => {
  const cache = temporaryFolder();
  const { endpoint } = await hub(serving(BYTES));
  const file = await getModel(options(cache, endpoint));
  const damaged = Buffer.from(BYTES);
  damaged[0] = 0;
  writeFileSync(file, damaged);
  utimesSync(file, new Date(), new Date('2020-01-01'));
  await getModel(options(cache, endpoint));
  expect(readFileSync(file).equals(BYTES)).toBe(true);
});

test('a file that somebody put into the cache is taken if its checksum is right', async () => {
  const cache = temporaryFolder();
  writeFiles(cache, { 'models/model.gguf': BYTES.toString() });
  const { endpoint, requests } = await hub(serving(BYTES));
  await getModel(options(cache, endpoint));
  expect(requests).toEqual([]);
});

test('without the hub and without a wheel the reason is given', async () => {
  const { endpoint } = await hub((_request, response) => response.writeHead(404).end());
  await expect(getModel(options(temporaryFolder(), endpoint))).rejects.toThrow(/answers 404/);
  await expect(getModel({ ...options(temporaryFolder(), endpoint), offline: true })).rejects.toThrow(/HF_HUB_OFFLINE/);
});
