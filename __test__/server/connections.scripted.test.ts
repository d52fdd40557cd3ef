import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Model } from '../../src/index.ts';
import { scriptedModel } from '../../src/testing/index.ts';
import type { Script } from '../../src/testing/index.ts';
import { errorOf } from '../support/read-stream.ts';
import { errorBody, eventsOf, hi } from '../support/server/ask.ts';
import { jsonRequest, rawRequest, readSocket } from '../support/server/raw-request.ts';
import { serve } from '../support/server/serve.ts';
import { untilQuiet } from '../support/until-quiet.ts';
import type { ServerOptions } from '../../src/server/index.ts';

const path = '/v1/chat/completions';

async function served(reply: Script['replies'][number], options: Partial<ServerOptions> = {}) {
  const model = await scriptedModel({ replies: [reply], contextLength: 1_000_000 });
  onTestFinished(() => model.close());
  return { model, ...(await serve({ models: { small: model }, ...options })) };
}

async function busy(model: Model, count = 1): Promise<void> {
  await expect.poll(() => model.metrics().liveSequences, { timeout: 5000 }).toBe(count);
}

const ask = (url: string, fields: object) =>
  fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ messages: hi, ...fields }) });

describe('a client that goes away frees its sequence', () => {
  it.each([
    ['before the first token of a stream', { stream: true }, { text: 'x', prefillMs: 500 }],
    ['before the first token of a whole answer', {}, { text: 'x', prefillMs: 500 }],
    ['in the middle of a stream', { stream: true }, { text: 'x'.repeat(10_000), stepMs: 10 }],
    ['in the middle of a whole answer', {}, { text: 'x'.repeat(10_000), stepMs: 10 }],
    ['in the middle of several choices', { n: 3, stream: true }, { text: 'x'.repeat(10_000), stepMs: 10 }],
  ])('%s', async (_, fields, reply) => {
    const { model, url } = await served(reply);
    const socket = await rawRequest(url, jsonRequest(path, { messages: hi, ...fields }));
    await busy(model, 'n' in fields ? 3 : 1);
    socket.destroy();
    expect(await untilQuiet(model)).toMatchObject({ liveSequences: 0, queuedSequences: 0, finishedSequences: 0 });
  });

  it('while it waits for its turn', async () => {
    const model = await scriptedModel({ replies: [{ text: 'x'.repeat(10_000), stepMs: 10 }] });
    onTestFinished(() => model.close());
    const { url } = await serve({ models: model });
    const sockets = await Promise.all(Array.from({ length: 300 }, () => rawRequest(url, jsonRequest(path, { messages: hi, stream: true }))));
    await expect.poll(() => model.metrics().totalSequences + model.metrics().queuedSequences, { timeout: 10_000 }).toBeGreaterThanOrEqual(300);
    for (const socket of sockets) socket.destroy();
    expect(await untilQuiet(model)).toMatchObject({ liveSequences: 0, queuedSequences: 0, finishedSequences: 0 });
  });
});

it('a client that reads slowly has its own generation paused, and still gets every token', async () => {
  const text = 'Some wind. '.repeat(700);
  const model = await scriptedModel({ replies: [{ text, stepMs: 1 }], contextLength: 1_000_000 });
  onTestFinished(() => model.close());
  // Every event has it: the system takes megabytes of them before it holds back the server.
  const name = 'long-name-'.repeat(400);
  const { url } = await serve({ models: { [name]: model } });
  const socket = await rawRequest(url, jsonRequest(path, { messages: hi, stream: true }));
  await expect.poll(() => model.metrics().parkedSequences, { timeout: 20_000 }).toBe(1);
  const { generatedTokens } = model.metrics();
  expect(generatedTokens).toBeLessThan(text.length);
  await setTimeout(50);
  expect(model.metrics().generatedTokens).toBe(generatedTokens);

  let received = '';
  socket.setEncoding('utf8');
  for await (const piece of socket) {
    received += String(piece);
    if (String(piece).endsWith('[DONE]\n\n\r\n0\r\n\r\n')) break;
  }
  expect(model.metrics().finishedSequences).toBe(1);
  const deltas = received.replaceAll(/\r\n[\da-f]+\r\n/g, '').matchAll(/"delta":\{"content":"((?:[^"\\]|\\.)*)"/g);
  expect(Array.from(deltas, ([, delta]) => delta).join('')).toBe(text);
}, 60_000);

describe('closing', () => {
  it('lets what runs end within the deadline, refuses what comes, and ends once', async () => {
    const { url, server } = await served({ text: 'A short answer.', stepMs: 10 });
    const running = await ask(url, { stream: true });
    const events = eventsOf(running);
    const closed = server.close({ deadlineMs: 60_000 });
    await expect(ask(url, {})).rejects.toThrow('fetch failed');
    expect((await events).at(-1)).toBe('[DONE]');
    await Promise.all([closed, server.close(), server.close({ deadlineMs: 5 })]);
    expect(await errorOf(server.listen())).toMatchObject({ code: 'closed' });
  });

  it('cancels at the deadline, and says so to who still waits', async () => {
    const { url, server, model } = await served({ text: 'x'.repeat(10_000), stepMs: 10 });
    const streamed = await ask(url, { stream: true });
    const whole = ask(url, {});
    await busy(model, 2);
    const events = eventsOf(streamed);
    await server.close({ deadlineMs: 30 });
    expect((await events).at(-1)).toMatchObject({ error: { code: 'server_closing', type: 'server_error' } });
    expect(await errorBody(await whole)).toMatchObject({ status: 503, code: 'server_closing' });
    expect(await untilQuiet(model)).toMatchObject({ liveSequences: 0 });
  });

  it('does not wait for clients that do not read, or never ask', async () => {
    const { url, server, model } = await served({ text: 'Some wind. '.repeat(60_000) });
    const silent = await rawRequest(url, '');
    const half = await rawRequest(url, 'POST /v1/chat');
    const slow = await rawRequest(url, jsonRequest(path, { messages: hi, stream: true }));
    await expect.poll(() => model.metrics().parkedSequences, { timeout: 18_000 }).toBe(1);
    await server.close({ deadlineMs: 20 });
    expect(await untilQuiet(model)).toMatchObject({ liveSequences: 0, parkedSequences: 0 });
    for (const socket of [silent, half, slow]) socket.destroy();
  });
});

describe('limits', () => {
  it('of the body, the headers and their time', async () => {
    const { url } = await served('Hello', { maxBodyBytes: 1000, maxHeaderBytes: 2000, headerTimeoutMs: 100 });
    expect(await errorBody(await ask(url, { user: 'x'.repeat(2000) }))).toMatchObject({ status: 413, code: 'request_too_large' });
    const unsized = new ReadableStream({
      pull: async (controller) => {
        await setTimeout(1);
        controller.enqueue(new Uint8Array(500).fill(32));
      },
    });
    const endless = fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: unsized, duplex: 'half' } as RequestInit);
    // The connection is closed while the client still sends, so that it may not come to read the answer.
    expect(await endless.then(({ status }) => status, () => 413)).toBe(413);
    expect((await fetch(`${url}/health`, { headers: { 'x-long': 'x'.repeat(3000) } })).status).toBe(431);
    expect(await readSocket(await rawRequest(url, 'GET /health HTTP/1.1\r\nhost: loc'))).toMatch(/^HTTP\/1.1 408 /);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it('of connections', async () => {
    const { url } = await served('Hello', { maxConnections: 1 });
    const first = await rawRequest(url, 'GET /health HTTP/1.1\r\nhost: localhost\r\n');
    expect(await readSocket(await rawRequest(url, 'GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n'))).toBe('');
    first.destroy();
  });

  it('of names, on loopback without keys', async () => {
    const { url } = await served('Hello');
    const named = async (host: string) => (await readSocket(await rawRequest(url, `GET /v1/models HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`))).slice(9, 12);
    for (const host of ['localhost', '127.0.0.1:80', '[::1]:80', 'app.localhost']) expect([host, await named(host)]).toEqual([host, '200']);
    for (const host of ['evil.com', 'localhost.evil.com', 'localhost/@evil.com', '', 'evil.com#localhost']) expect([host, await named(host)]).toEqual([host, '403']);
  });
});

it('a WebSocket is refused to pages of other origins, to strangers, and where there is none', async () => {
  const { url } = await served('Hello', { apiKeys: ['key'] });
  const upgrade = async (headers: Record<string, string>) => {
    const lines = Object.entries({ host: 'localhost', upgrade: 'websocket', connection: 'upgrade', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    return (await readSocket(await rawRequest(url, `GET /v1/models HTTP/1.1\r\n${lines.join('')}\r\n`))).split('\r\n\r\n');
  };
  const authorization = 'Bearer key';
  expect((await upgrade({}))[1]).toContain('invalid_api_key');
  expect((await upgrade({ authorization, origin: 'https://evil.com' }))[1]).toContain('origin_not_allowed');
  expect((await upgrade({ authorization, origin: 'http://localhost' }))[1]).toContain('unknown_url');
  expect((await upgrade({ authorization }))[0]).toMatch(/^HTTP\/1.1 404 /);
});

it('garbage is answered or cut off, and hurts nobody', async () => {
  const { url } = await served('Hello');
  const garbage = [
    '\0\0\0\0\r\n\r\n',
    'GET //evil.com/v1/models HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n',
    'GET http://evil.com/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n',
    'GET /%ff%zz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n',
    'TRACE /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n',
    'GET /v1/models HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\nzz\r\n`,
    jsonRequest(path, { messages: hi }).replace('content-type: application/json\r\n', 'connection: close\r\n'),
  ];
  for (const text of garbage) {
    const answer = await readSocket(await rawRequest(url, text));
    expect([text, answer.slice(0, 10)]).toEqual([text, 'HTTP/1.1 4']);
  }
  expect((await ask(url, {})).status).toBe(200);
});

it('a port that is taken is named', async () => {
  const { url } = await served('Hello');
  const { server } = await served('Hello');
  await server.close();
  const { createServer } = await import('../../src/server/index.ts');
  const model = await scriptedModel({ replies: ['x'] });
  onTestFinished(() => model.close());
  expect(await errorOf(createServer({ models: model }).listen({ port: Number(new URL(url).port) }))).toMatchObject({ code: 'invalid-argument', field: 'port' });
});
