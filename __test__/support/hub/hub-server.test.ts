import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { startHubServer } from './hub-server.ts';
import type { HubBehaviour } from './hub-server.ts';

const weights = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251));
const repositories = {
  'org/tiny': {
    files: { 'config.json': '{"a":1}', 'sub/part one.gguf': { content: weights, lfs: true } },
    revisions: ['main', 'refs/pr/1'],
  },
};

async function startedHub(behaviour: Partial<HubBehaviour> = {}) {
  const hub = await startHubServer(repositories, behaviour);
  onTestFinished(() => hub.close());
  return hub;
}

/** One request, redirects not followed. `cut` tells whether the connection ended before the body did. */
async function send(url: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await new Promise<IncomingMessage>((answered, failed) => {
    httpRequest(url, { method, headers, agent: false }, answered).once('error', failed).end();
  });
  const chunks: Buffer[] = [];
  let cut = false;
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer);
  } catch {
    cut = true;
  }
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks), cut };
}

describe('the hub server', () => {
  it.each(['', '/revision/main', '/revision/refs%2Fpr%2F1', '/revision/COMMIT'])(
    'describes a repository at /api/models/org/tiny%s',
    async (path) => {
      const hub = await startedHub();
      const commit = hub.commitOf('org/tiny');
      const { body } = await send(`${hub.endpoint}/api/models/org/tiny${path.replace('COMMIT', commit)}?blobs=true`);
      const { sha, siblings } = JSON.parse(body.toString()) as { sha: string; siblings: { rfilename: string }[] };
      expect(sha).toBe(commit);
      expect(siblings.map(({ rfilename }) => rfilename)).toEqual(['config.json', 'sub/part one.gguf']);
    },
  );

  it('serves a small file itself, whole or in part', async () => {
    const hub = await startedHub();
    const url = `${hub.endpoint}/org/tiny/resolve/main/config.json`;
    const whole = await send(url);
    expect(whole).toMatchObject({ status: 200, cut: false });
    expect(whole.body.toString()).toBe('{"a":1}');
    expect(whole.headers).toMatchObject({ 'x-repo-commit': hub.commitOf('org/tiny'), 'content-length': '7' });
    const part = await send(url, { Range: 'bytes=1-3' });
    expect(part).toMatchObject({ status: 206, headers: { 'content-range': 'bytes 1-3/7' } });
    expect(part.body.toString()).toBe('"a"');
    expect((await send(url, { Range: 'bytes=5-99' })).headers['content-range']).toBe('bytes 5-6/7');
    expect((await send(url, { Range: 'bytes=7-' })).status).toBe(416);
    expect(await send(url, {}, 'HEAD')).toMatchObject({ status: 200, headers: { 'content-length': '7' } });
  });

  it('redirects for a large file to its storage server, naming size and hash', async () => {
    const hub = await startedHub();
    const found = await send(`${hub.endpoint}/org/tiny/resolve/main/sub/part%20one.gguf`, { Range: 'bytes=0-0' });
    const sha256 = createHash('sha256').update(weights).digest('hex');
    expect(found).toMatchObject({
      status: 302,
      headers: { 'x-linked-etag': `"${sha256}"`, 'x-linked-size': '5000', 'x-repo-commit': hub.commitOf('org/tiny') },
    });
    const { location = '' } = found.headers;
    expect(new URL(location).origin).toBe(hub.storageEndpoint);
    expect(hub.storageEndpoint).not.toBe(hub.endpoint);
    const part = await send(location, { Range: 'bytes=4990-' });
    expect(part).toMatchObject({ status: 206, headers: { 'content-range': 'bytes 4990-4999/5000' } });
    expect(part.body).toEqual(weights.subarray(4990));
    expect(hub.requests.map(({ origin, method }) => `${origin} ${method}`)).toEqual(['hub GET', 'storage GET']);
    expect(hub.requests[0]?.headers.range).toBe('bytes=0-0');
  });

  it('can redirect a small file to a relative address', async () => {
    const hub = await startedHub({ relativeRedirects: true });
    const found = await send(`${hub.endpoint}/org/tiny/resolve/main/config.json`);
    expect(found.status).toBe(307);
    expect((await send(new URL(found.headers.location ?? '', hub.endpoint).href)).body.toString()).toBe('{"a":1}');
  });

  it('refuses as the hub does', async () => {
    const hub = await startedHub({ requireToken: 'secret' });
    const answer = async (path: string, token?: string) => {
      const { status, headers } = await send(hub.endpoint + path, token ? { Authorization: `Bearer ${token}` } : {});
      return [status, headers['x-error-code']];
    };
    expect(await answer('/api/models/org/none')).toEqual([401, undefined]);
    expect(await answer('/api/models/org/none', 'secret')).toEqual([404, 'RepoNotFound']);
    expect(await answer('/api/models/org/tiny')).toEqual([401, 'GatedRepo']);
    expect(await answer('/api/models/org/tiny', 'wrong')).toEqual([403, 'GatedRepo']);
    expect(await answer('/api/models/org/tiny', 'secret')).toEqual([200, undefined]);
    expect(await answer('/api/models/org/tiny/revision/v9', 'secret')).toEqual([404, 'RevisionNotFound']);
    expect(await answer('/org/tiny/resolve/main/no.json', 'secret')).toEqual([404, 'EntryNotFound']);
    hub.behaviour.refuse = ({ url }) => (url.endsWith('config.json') ? 503 : undefined);
    expect(await answer('/org/tiny/resolve/main/config.json', 'secret')).toEqual([503, undefined]);
  });

  it('cuts a body after exactly so many bytes, so many times', async () => {
    const hub = await startedHub({ failAfterBytes: 1234, failTimes: 1, chunkBytes: 100 });
    const { headers } = await send(`${hub.endpoint}/org/tiny/resolve/main/sub/part%20one.gguf`);
    const first = await send(headers.location ?? '');
    expect(first.cut).toBe(true);
    expect(first.body).toEqual(weights.subarray(0, 1234));
    const second = await send(headers.location ?? '', { Range: 'bytes=1234-' });
    expect(second.cut).toBe(false);
    expect(Buffer.concat([first.body, second.body])).toEqual(weights);
  });

  it('sends slowly, and closes in the middle of it', async () => {
    const hub = await startedHub({ delayMsPerChunk: 50, chunkBytes: 100 });
    const { headers } = await send(`${hub.endpoint}/org/tiny/resolve/main/sub/part%20one.gguf`);
    const started = performance.now();
    const slow = send(headers.location ?? '', { Range: 'bytes=0-399' });
    expect((await slow).body).toHaveLength(400);
    expect(performance.now() - started).toBeGreaterThan(150);
    const interrupted = send(headers.location ?? '');
    await vi.waitFor(() => expect(hub.requests).toHaveLength(3));
    await hub.close();
    expect(await interrupted.catch(() => ({ cut: true }))).toMatchObject({ cut: true });
    await hub.close();
  });
});
