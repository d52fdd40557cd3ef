import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { GenerationStream, Model } from '../../src/index.ts';
import { timings, usage } from '../support/fake-native-model.ts';
import type { FakeNativeModel } from '../support/fake-native-model.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { everyPart, part } from '../support/parts.ts';
import { turns } from '../support/turns.ts';

let model: Model;
let native: FakeNativeModel;
let stream: GenerationStream;
beforeEach(async () => {
  ({ model, native } = await openFakeModel());
  stream = model.streamPrompt('Hi');
});

const failure = { code: 'engine-failed', message: 'out of memory', field: 'x', file: '/secret/model.gguf' };

/** The data of each event of a body. */
function eventsIn(body: string): string[] {
  expect(body.endsWith('\n\n')).toBe(true);
  return body
    .slice(0, -2)
    .split('\n\n')
    .map((event) => {
      expect(event).toMatch(/^data: [^\n]*$/);
      return event.slice('data: '.length);
    });
}

describe('text', () => {
  it('is the text of the result, byte for byte, wherever it is cut', async () => {
    const text = 'Ciao 👩‍🚀🇮🇹, 你好, e\u0301 🚀';
    const response = stream.toResponse();
    const body = response.text();
    await turns();
    // Every UTF-16 unit by itself: the halves of each emoji come apart.
    native.write(1, ...text.split(''));
    native.finish(1);
    expect(await body).toBe(text);
    expect((await stream.result()).text).toBe(text);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
  });

  it('has in each chunk whole characters', async () => {
    const reader = stream.toResponse().body?.getReader();
    const first = reader?.read();
    await turns();
    native.write(1, 'a\ud83d', '\ude80');
    native.finish(1);
    expect(Buffer.from((await first)?.value ?? []).toString()).toBe('a');
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('🚀');
  });

  it('shows half a character that nothing follows as what it is', async () => {
    const body = stream.toResponse().text();
    await turns();
    native.write(1, 'a\ud83d');
    native.finish(1);
    expect(await body).toBe('a\uFFFD');
  });

  it('breaks off with an error, after what came before', async () => {
    const reader = stream.toResponse().body?.getReader();
    const first = reader?.read();
    await turns();
    native.write(1, 'a');
    native.fail(1, failure);
    expect(Buffer.from((await first)?.value ?? []).toString()).toBe('a');
    await expect(reader?.read()).rejects.toMatchObject({ code: 'engine-failed' });
  });
});

describe('sse', () => {
  it('has an event for each part', async () => {
    const response = stream.toResponse({ format: 'sse' });
    const body = response.text();
    await turns();
    native.writeParts(1, ...everyPart, part.text('line\nbreaks\r\n\ud83d'));
    expect(eventsIn(await body).map((data) => JSON.parse(data) as unknown)).toEqual(everyPart);
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    });
  });

  it('keeps line breaks and halves of characters inside their event', async () => {
    const body = stream.toResponse({ format: 'sse' }).text();
    await turns();
    native.write(1, 'a\n\nb\r\ud83d', '\ude80');
    native.finish(1);
    const deltas = eventsIn(await body).map((data) => (JSON.parse(data) as { delta?: string }).delta ?? '');
    expect(deltas.join('')).toBe('a\n\nb\r🚀');
  });

  it('ends with an error as an event, without the file', async () => {
    const body = stream.toResponse({ format: 'sse' }).text();
    await turns();
    native.write(1, 'a');
    native.fail(1, failure);
    expect(eventsIn(await body).map((data) => JSON.parse(data) as unknown)).toEqual([
      part.text('a'),
      { type: 'error', error: { code: 'engine-failed', message: 'out of memory', field: 'x' }, usage, timings },
    ]);
  });
});

describe('openai-sse', () => {
  it('has an event for each chunk, and [DONE]', async () => {
    const body = stream.toResponse({ format: 'openai-sse', id: 'c', created: 7, includeUsage: true }).text();
    await turns();
    native.write(1, 'a');
    native.finish(1);
    const data = eventsIn(await body);
    expect(data.at(-1)).toBe('[DONE]');
    const chunks = data.slice(0, -1).map((chunk) => JSON.parse(chunk) as { id: string; choices: unknown[] });
    expect(chunks.map(({ id, choices }) => [id, choices.length])).toEqual([['c', 1], ['c', 1], ['c', 1], ['c', 0]]);
  });

  it('ends with an error as OpenAI has it, without [DONE]', async () => {
    const body = stream.toResponse({ format: 'openai-sse' }).text();
    await turns();
    native.write(1, 'a');
    native.fail(1, failure);
    expect(JSON.parse(eventsIn(await body).at(-1) ?? '')).toEqual({
      error: { message: 'out of memory', type: 'server_error', code: 'engine-failed', param: 'x' },
    });
  });

  it('says of a bad request that it is one', async () => {
    const body = await model.streamPrompt('').toResponse({ format: 'openai-sse' }).text();
    expect(JSON.parse(eventsIn(body)[0] ?? '')).toMatchObject({ error: { type: 'invalid_request_error', param: 'prompt' } });
  });
});

it('takes status and headers, and lets them replace those of the format', () => {
  const response = stream.toResponse({ format: 'sse', status: 201, headers: { 'Cache-Control': 'no-store', 'X-Id': '7' } });
  expect(response.status).toBe(201);
  expect([response.headers.get('cache-control'), response.headers.get('x-id')]).toEqual(['no-store', '7']);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
});

it('served over HTTP, cancels where the client goes away', async () => {
  const server = createServer((_incoming, outgoing) => {
    const { body } = stream.toResponse({ format: 'sse' });
    pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), outgoing).catch(() => {});
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const client = request({ port, host: '127.0.0.1' }).end();
    client.on('error', () => {});
    client.on('response', (response) => void response.once('data', () => client.destroy()));
    while (native.live.length === 0) await turns();
    native.write(1, 'a');
    while (native.cancelled.length === 0) await turns();
    expect(native.live).toEqual([]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
