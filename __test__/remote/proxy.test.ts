import { execFileSync, spawnSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect as connectSocket } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { TramontaneError } from '../../src/index.ts';
import { proxyFor } from '../../src/remote/proxy-for.ts';
import { errorOf } from '../support/error-of.ts';
import { beginEvents, connectTiny, loopback } from '../support/remote/loopback.ts';
import { ending, sse } from '../support/remote/tiny-dialect.ts';
import { errorOf as rejectionOf } from '../support/read-stream.ts';

const hasOpenSsl = spawnSync('openssl', ['version']).status === 0;

/** A proxy on this machine, which the environment names for the time of a test. */
async function proxy(tunnel: (request: IncomingMessage, socket: Socket) => void = () => {}) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    beginEvents(response).end(sse({ text: 'from afar' }) + ending);
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => void sockets.add(socket.on('error', () => {})));
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    seen.push(`${request.method} ${request.url}`);
    tunnel(request, socket);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const url = `http://user:secret@127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy']) vi.stubEnv(name, undefined);
  vi.stubEnv('HTTP_PROXY', url);
  vi.stubEnv('HTTPS_PROXY', url);
  vi.stubEnv('NO_PROXY', 'near.test');
  onTestFinished(() => {
    vi.unstubAllEnvs();
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return seen;
}

describe('a proxy of the environment', () => {
  it('is asked for what is elsewhere', async () => {
    const seen = await proxy();
    const result = await connectTiny('http://engine.test/v1').streamPrompt('Hi').result();
    expect(result.text).toBe('from afar');
    expect(seen).toEqual(['POST http://engine.test/v1/stream']);
  });

  it('is left out for this machine, and for what NO_PROXY names', async () => {
    const seen = await proxy();
    const { url } = await loopback((_, response) => void beginEvents(response).end(sse({ text: 'near' }) + ending));
    expect((await connectTiny(url).streamPrompt('Hi').result()).text).toBe('near');
    expect(await rejectionOf(connectTiny('http://near.test').streamPrompt('Hi').result())).toMatchObject({ code: 'connection-failed' });
    expect(seen).toEqual([]);
  });

  it('gives a tunnel to https, through which TLS goes unread', async () => {
    let first: number | undefined;
    const seen = await proxy((_, socket) => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.once('data', (bytes: Buffer) => {
        first = bytes[0];
        socket.destroy();
      });
    });
    const error = await rejectionOf(connectTiny('https://engine.test').streamPrompt('Hi').result());
    expect(error).toMatchObject({ code: 'connection-failed' });
    expect(seen).toEqual(['CONNECT engine.test:443']);
    // A handshake record (RFC 8446, section 5.1).
    expect(first).toBe(22);
  });

  it.skipIf(!hasOpenSsl)('leads to servers that speak TLS, by one tunnel for requests that follow each other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tramontane-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name)) as [string, string];
    const subject = ['-subj', '/CN=engine.test', '-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject], { stdio: 'ignore' });
    const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
      beginEvents(response).end(sse({ text: 'unseen' }) + ending);
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const seen = await proxy((_, socket) => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      const { port } = server.address() as AddressInfo;
      const far = connectSocket(port, '127.0.0.1').on('error', () => {});
      socket.pipe(far).pipe(socket);
    });
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const model = connectTiny('https://engine.test');
    for (let left = 2; left > 0; left -= 1) {
      expect((await model.streamPrompt('Hi').result()).text).toBe('unseen');
      await setTimeout(50);
    }
    expect(seen).toEqual(['CONNECT engine.test:443']);
  });

  it('lets go of a tunnel that is being made when nobody wants it any more', async () => {
    const tunnels = new EventEmitter();
    await proxy((_, socket) => {
      socket.on('end', () => tunnels.emit('left')).resume();
      tunnels.emit('asked');
    });
    const [asked, left] = ['asked', 'left'].map((event) => once(tunnels, event));
    const stream = connectTiny('https://engine.test').streamPrompt('Hi');
    const result = stream.result();
    await asked;
    stream.cancel();
    expect((await result).finishReason).toBe('aborted');
    await left;
  });

  it('that refuses is told of without its password', async () => {
    await proxy((_, socket) => void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
    const error = await rejectionOf(connectTiny('https://engine.test').streamPrompt('Hi').result());
    expect(error).toMatchObject({ code: 'connection-failed' });
    expect(error.message).toContain('403');
    expect(error.message).not.toContain('secret');
  });

  it('that says nothing is given up after connectTimeoutMs', async () => {
    await proxy();
    const model = connectTiny('https://engine.test', { connectTimeoutMs: 100 });
    expect(await rejectionOf(model.streamPrompt('Hi').result())).toMatchObject({
      code: 'connection-failed',
      message: expect.stringContaining('connectTimeoutMs'),
    });
  });
});

describe('which proxy is asked', () => {
  it.each([
    ['https://a.test', { https_proxy: 'http://p:1', http_proxy: 'http://q:1' }, 'http://p:1/'],
    ['http://a.test', { HTTP_PROXY: 'http://q:1' }, 'http://q:1/'],
    ['http://a.test', { https_proxy: 'http://p:1' }, undefined],
    ['http://a.test', { http_proxy: '' }, undefined],
    ['http://localhost:11434', { http_proxy: 'http://p:1' }, undefined],
    ['http://127.0.0.1:8080', { http_proxy: 'http://p:1' }, undefined],
    ['http://[::1]:8080', { http_proxy: 'http://p:1' }, undefined],
    ['http://a.test', { http_proxy: 'http://p:1', no_proxy: 'b.test, a.test' }, undefined],
    ['http://x.a.test', { http_proxy: 'http://p:1', NO_PROXY: '.a.test' }, undefined],
    ['http://xa.test', { http_proxy: 'http://p:1', NO_PROXY: 'a.test' }, 'http://p:1/'],
    ['http://a.test', { http_proxy: 'http://p:1', NO_PROXY: '*' }, undefined],
    ['http://a.test', { http_proxy: 'http://p:1', NO_PROXY: 'a.test:8080' }, 'http://p:1/'],
    ['http://a.test:8080', { http_proxy: 'http://p:1', NO_PROXY: 'A.test:8080' }, undefined],
  ])('for %s with %j', (url, env, href) => {
    expect(proxyFor(new URL(url), env)?.href).toBe(href);
  });

  it.each(['p:1', 'socks5://p:1', 'http://'])('must be named by a URL, which %s is not', (value) => {
    const error = errorOf(() => proxyFor(new URL('http://a.test'), { HTTP_PROXY: value })) as TramontaneError;
    expect(error).toMatchObject({ code: 'invalid-argument', field: 'HTTP_PROXY' });
  });
});
