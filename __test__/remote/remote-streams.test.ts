import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GenerationStream } from '../../src/index.ts';
import { beginEvents, connectTiny, loopback } from '../support/remote/loopback.ts';
import { ending, sse } from '../support/remote/tiny-dialect.ts';
import { errorOf, readAll, readUntilError } from '../support/read-stream.ts';
import { collectUntil, turns } from '../support/turns.ts';

describe('a stream of a remote engine', () => {
  it('gives the parts, the result and the times', async () => {
    const { url, requests } = await loopback((_, response) => {
      beginEvents(response).end(sse({ think: 'Hm' }, { text: 'Hel' }, { text: 'lo' }) + ending);
    });
    const stream = connectTiny(url).streamPrompt('Hi', { temperature: 0 });
    const parts = await readAll(stream);
    expect(parts.map(({ type }) => type)).toEqual(['reasoning-delta', 'text-delta', 'text-delta', 'finish']);
    const result = await stream.result();
    expect(result).toMatchObject({ text: 'Hello', reasoning: 'Hm', finishReason: 'stop', usage: { outputTokens: 2 } });
    expect(result.timings.firstTokenMs).toBeGreaterThan(0);
    expect(result.timings.totalMs).toBeGreaterThanOrEqual(result.timings.firstTokenMs ?? 0);
    expect(requests[0]).toMatchObject({ method: 'POST', url: '/stream' });
  });

  it('sends nothing before it is read, and then the request without defaults', async () => {
    let body = '';
    const { url, requests } = await loopback((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => (body += text)).on('end', () => beginEvents(response).end(ending));
    });
    const messages = [{ role: 'user' as const, content: 'Hi' }];
    const stream = connectTiny(`${url}/v1/?version=2`).streamChat(messages, { seed: 7 });
    messages[0] = { role: 'user', content: 'changed' };
    await turns(5);
    expect(requests).toHaveLength(0);
    await stream.result();
    expect(requests[0]?.url).toBe('/v1/stream?version=2');
    expect(JSON.parse(body)).toEqual({ model: 'tiny', messages: [{ role: 'user', content: 'Hi' }], seed: 7 });
  });

  it('gives the n-th choice the n-th seed', async () => {
    const seeds: unknown[] = [];
    const { url } = await loopback((request, response) => {
      request.on('data', (bytes: Buffer) => seeds.push((JSON.parse(bytes.toString()) as { seed: number }).seed));
      request.on('end', () => beginEvents(response).end(ending));
    });
    const streams = connectTiny(url).streamChoices({ prompt: 'Hi', seed: 7 }, 3);
    for (const stream of streams) await stream.result();
    expect(seeds).toEqual([7, 8, 9]);
  });

  it('throws what is wrong with a request from reading', async () => {
    const { url } = await loopback((_, response) => response.end());
    const model = connectTiny(url);
    expect(await errorOf(model.streamPrompt('').result())).toMatchObject({ code: 'invalid-argument', field: 'prompt' });
    expect(await errorOf(model.streamCompletion({ tokens: [1] }).result())).toMatchObject({ field: 'tokens' });
  });

  it.each([
    ['gzip', gzipSync],
  ])('is read through %s, as it comes', async (encoding, compress) => {
    const { url } = await loopback((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': encoding });
      response.end(compress(sse({ text: 'packed' }) + ending));
    });
    expect((await connectTiny(url).streamPrompt('Hi').result()).text).toBe('packed');
  });

  it('ends with [DONE], though the server keeps the connection open, and closes it then', async () => {
    const { url, untilNoSockets, sockets } = await loopback((_, response) => {
      beginEvents(response).write(sse({ text: 'a' }) + ending + sse({ error: 'too late' }));
    });
    expect((await connectTiny(url).streamPrompt('Hi').result()).text).toBe('a');
    await untilNoSockets();
    expect(sockets.size).toBe(0);
  });

  it('uses a connection again', async () => {
    const seen = new Set<unknown>();
    const { url } = await loopback((request, response) => {
      seen.add(request.socket);
      beginEvents(response).end(ending);
    });
    const model = connectTiny(url);
    for (let round = 0; round < 5; round += 1) {
      await model.streamPrompt('Hi').result();
      await setTimeout(5);
    }
    expect(seen.size).toBe(1);
  });

  it('takes a body of newline-delimited JSON', async () => {
    const { url } = await loopback((_, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.end('{"text":"a"}\r\n\n{"text":"b"}\n{"finish":"stop"}');
    });
    expect((await connectTiny(url, { dialect: 'ollama' }).streamPrompt('Hi').result()).text).toBe('ab');
  });

  it('takes one JSON value in place of a stream for what it says', async () => {
    const { url } = await loopback((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{\n "error": "no streams here"\n}');
    });
    const error = await errorOf(connectTiny(url).streamPrompt('Hi').result());
    expect(error).toMatchObject({ code: 'remote-failed', message: 'no streams here' });
  });

  it('says so where a web page answers', async () => {
    const { url } = await loopback((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>Log in</html>');
    });
    const error = await errorOf(connectTiny(url).streamPrompt('Hi').result());
    expect(error).toMatchObject({ code: 'remote-failed', field: 'baseUrl' });
  });

  it('is read by a fetch of the caller', async () => {
    const urls: unknown[] = [];
    const fetch: typeof globalThis.fetch = async (input, init) => {
      urls.push(input, init?.method, init?.redirect);
      return new Response(sse({ text: 'fetched' }) + ending, { headers: { 'content-type': 'text/event-stream' } });
    };
    const stream = connectTiny('http://engine.example/v1', { fetch }).streamPrompt('Hi');
    expect((await stream.result()).text).toBe('fetched');
    expect(urls).toEqual(['http://engine.example/v1/stream', 'POST', 'manual']);
  });
});

describe('a connection that breaks', () => {
  it('before an answer is connection-failed, without a partial text', async () => {
    const { url } = await loopback((request) => request.socket.destroy());
    const error = await errorOf(connectTiny(url).streamPrompt('Hi').result());
    expect(error.code).toBe('connection-failed');
    expect(error.partial).toBeUndefined();
  });

  it('to where nobody listens is connection-failed, and names the place', async () => {
    const error = await errorOf(connectTiny('http://127.0.0.1:1').streamPrompt('Hi').result());
    expect(error.code).toBe('connection-failed');
    expect(error.message).toContain('http://127.0.0.1:1');
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('after the head and before the body is connection-failed', async () => {
    const { url } = await loopback((_, response) => {
      beginEvents(response).flushHeaders();
      void setTimeout(20).then(() => response.destroy());
    });
    expect(await errorOf(connectTiny(url).streamPrompt('Hi').result())).toMatchObject({ code: 'connection-failed' });
  });

  it.each([
    ['reset', (response: ServerResponse) => response.socket?.resetAndDestroy()],
    ['closed', (response: ServerResponse) => response.destroy()],
    ['ended as if all were there', (response: ServerResponse) => response.end()],
    ['half closed', (response: ServerResponse) => response.socket?.end()],
  ])('in the middle, %s, is connection-lost, with the text until then', async (_, breakOff) => {
    const { url } = await loopback((_request, response) => {
      beginEvents(response).write(sse({ text: 'so ' }, { text: 'far' }));
      void setTimeout(20).then(() => breakOff(response));
    });
    const { values, error } = await readUntilError(connectTiny(url).streamPrompt('Hi').textStream);
    expect(values.join('')).toBe('so far');
    expect(error).toMatchObject({ code: 'connection-lost', partial: { text: 'so far' } });
    expect(error?.partial?.timings.totalMs).toBeGreaterThan(0);
  });

  it('after the reason of the end was told is no failure', async () => {
    const { url } = await loopback((_, response) => {
      beginEvents(response).write(sse({ text: 'all' }, { finish: 'stop' }));
      void setTimeout(20).then(() => response.destroy());
    });
    expect(await connectTiny(url).streamPrompt('Hi').result()).toMatchObject({ text: 'all', finishReason: 'stop' });
  });

  it('is found out within connectTimeoutMs where it is never made', async () => {
    // It accepts, and takes no part in a TLS handshake.
    let closed: Promise<unknown> | undefined;
    const server = createServer((socket) => void (closed = once(socket.on('error', () => {}).resume(), 'close')));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const model = connectTiny(`https://127.0.0.1:${port}`, { connectTimeoutMs: 50 });
    const error = await errorOf(model.streamPrompt('Hi').result());
    expect(error.code).toBe('connection-failed');
    expect(error.message).toContain('connectTimeoutMs');
    await closed;
  });

  it('is no matter of connectTimeoutMs once it is made, however long the answer takes', async () => {
    const { url } = await loopback((_, response) => void setTimeout(150).then(() => beginEvents(response).end(sse({ text: 'late' }) + ending)));
    expect((await connectTiny(url, { connectTimeoutMs: 50 }).streamPrompt('Hi').result()).text).toBe('late');
  });

  it('while a failure is told gives the failure all the same', async () => {
    const { url } = await loopback((_, response) => void response.writeHead(400).write('bad ', () => response.destroy()));
    expect((await errorOf(connectTiny(url).streamPrompt('Hi').result())).message).toContain('400: bad');
  });
});

describe('leaving', () => {
  const endless = () =>
    loopback((_, response) => {
      beginEvents(response).write(sse({ text: 'a' }));
    });

  it.each<[string, (stream: GenerationStream) => Promise<unknown>]>([
    ['break', async (stream) => {
      for await (const part of stream) if (part.type === 'text-delta') break;
    }],
    ['cancel()', async (stream) => {
      await stream[Symbol.asyncIterator]().next();
      stream.cancel();
    }],
    ['the end of a scope', async (stream) => {
      await stream[Symbol.asyncIterator]().next();
      await stream[Symbol.asyncDispose]();
    }],
  ])('by %s closes the connection, and the result has the text', async (_, leave) => {
    const { url, sockets, untilNoSockets } = await endless();
    const stream = connectTiny(url).streamPrompt('Hi');
    await leave(stream);
    expect(await stream.result()).toMatchObject({ finishReason: 'aborted', text: 'a' });
    await untilNoSockets();
    expect(sockets.size).toBe(0);
  });

  it('by abortSignal closes the connection while the head is awaited', async () => {
    const { url, untilNoSockets, sockets, requests } = await loopback(() => {});
    const controller = new AbortController();
    const result = connectTiny(url).streamPrompt('Hi', { abortSignal: controller.signal }).result();
    while (requests.length === 0) await setTimeout(5);
    controller.abort();
    expect((await result).finishReason).toBe('aborted');
    await untilNoSockets();
    expect(sockets.size).toBe(0);
  });

  it('before the first read sends nothing', async () => {
    const { url, requests } = await endless();
    const stream = connectTiny(url).streamPrompt('Hi');
    stream.cancel();
    expect((await stream.result()).finishReason).toBe('aborted');
    expect(await errorOf(connectTiny(url).streamPrompt('Hi', { abortSignal: AbortSignal.abort() }).result())).toMatchObject({
      code: 'aborted',
    });
    expect(requests).toHaveLength(0);
  });

  it('by letting go of the stream closes the connection', async () => {
    const { url, sockets, untilNoSockets } = await endless();
    const model = connectTiny(url);
    await (async () => void (await model.streamPrompt('Hi')[Symbol.asyncIterator]().next()))();
    await collectUntil(() => sockets.size === 0);
    await untilNoSockets();
    expect(sockets.size).toBe(0);
    expect(model.metrics()).toMatchObject({ liveSequences: 0, abortedSequences: 1 });
  });

  it('closing the model ends its streams, and refuses new ones', async () => {
    const { url, sockets, untilNoSockets } = await endless();
    const model = connectTiny(url);
    const streams = [model.streamPrompt('1'), model.streamPrompt('2')];
    const results = streams.map((stream) => stream.result());
    await setTimeout(30);
    await model.close();
    expect((await Promise.all(results)).map(({ finishReason }) => finishReason)).toEqual(['aborted', 'aborted']);
    expect(await errorOf(model.streamPrompt('Hi').result())).toMatchObject({ code: 'closed' });
    await untilNoSockets();
    expect(sockets.size).toBe(0);
  });

  it.each([
    ['firstTokenTimeoutMs', 'first-token-timeout', ''],
    ['idleTimeoutMs', 'idle-timeout', sse({ text: 'a' })],
  ])('by %s closes the connection', async (option, code, first) => {
    const { url, sockets, untilNoSockets } = await loopback((_, response) => {
      // Comments are signs of life of the connection, and no parts.
      beginEvents(response).write(`: wait\n\n${first}`);
    });
    const { error } = await readUntilError(connectTiny(url).streamPrompt('Hi', { [option]: 50 }));
    expect(error).toMatchObject({ code, partial: { text: first && 'a' } });
    await untilNoSockets();
    expect(sockets.size).toBe(0);
  });
});

describe('calls that are no streams', () => {
  it('list the models, and embed texts', async () => {
    const { url, requests } = await loopback((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(request.url === '/models' ? '{"names":["a","b"]}' : '{"vectors":[[1,2],[3,4]]}');
    });
    const model = connectTiny(url, { apiKey: 'sk-abcdef' });
    expect(await model.listModels()).toEqual([{ model: 'a' }, { model: 'b' }]);
    expect(await model.embed(['x', 'y'])).toEqual({ embeddings: [[1, 2], [3, 4]], inputTokens: 4 });
    expect(requests.map(({ method }) => method)).toEqual(['GET', 'POST']);
    expect(requests[0]?.headers.authorization).toBe('Bearer sk-abcdef');
  });

  it('fail with the same codes, and can be aborted', async () => {
    const { url, sockets, untilNoSockets } = await loopback((request, response) => {
      if (request.url === '/models') response.writeHead(401).end('who are you?');
    });
    const model = connectTiny(url);
    const error = await errorOf(model.listModels());
    expect(error).toMatchObject({ code: 'unauthorized' });
    expect(error.message).toContain('TINY_API_KEY');
    expect(await errorOf(model.embed([]))).toMatchObject({ code: 'invalid-argument', field: 'texts' });
    expect(await errorOf(model.embed(['x'], { abortSignal: AbortSignal.timeout(30) }))).toMatchObject({ code: 'aborted' });
    await model.close();
    await untilNoSockets();
    expect(sockets.size).toBe(0);
    expect(await errorOf(model.embed(['x']))).toMatchObject({ code: 'closed' });
  });
});
