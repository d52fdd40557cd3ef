import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { recordStream } from '../../src/index.ts';
import { connectBy } from '../../src/remote/connect.ts';
import { beginEvents, connectTiny, loopback } from '../support/remote/loopback.ts';
import { ending, sse, tinyDialect } from '../support/remote/tiny-dialect.ts';
import { errorOf } from '../support/read-stream.ts';

const key = 'sk-very-secret-0123456789';

afterEach(() => vi.unstubAllEnvs());

describe('a redirect', () => {
  it.each([301, 302, 307, 308])('of status %i within the origin is followed with the key and the body', async (status) => {
    let body = '';
    const { url, requests } = await loopback((request, response) => {
      if (request.url === '/stream') response.writeHead(status, { location: '/elsewhere' }).end('moved');
      else request.on('data', (bytes) => (body += String(bytes))).on('end', () => beginEvents(response).end(sse({ text: 'there' }) + ending));
    });
    const stream = connectTiny(url, { apiKey: key, headers: { 'X-Team': 'wind' } }).streamPrompt('Hi');
    expect((await stream.result()).text).toBe('there');
    expect(requests[1]).toMatchObject({ method: 'POST', headers: { authorization: `Bearer ${key}`, 'x-team': 'wind' } });
    expect(body).toContain('Hi');
  });

  it.each([
    ['Node', undefined],
    ['a fetch of the caller', globalThis.fetch],
  ])('to another origin is followed by %s without the key, and it stays away when that leads back', async (_name, fetch) => {
    const home = await loopback((request, response) => {
      if (request.url === '/stream') response.writeHead(307, { location: `${other.url}/there` }).end();
      else beginEvents(response).end(ending);
    });
    const other = await loopback((_, response) => void response.writeHead(307, { location: `${home.url}/back` }).end());
    await connectTiny(home.url, { apiKey: key, headers: { 'x-api-key': key, cookie: 'id=1' }, fetch }).streamPrompt('Hi').result();
    expect(home.requests[0]?.headers).toMatchObject({ authorization: `Bearer ${key}`, 'x-api-key': key });
    for (const { headers } of [...other.requests, ...home.requests.slice(1)]) {
      expect(JSON.stringify(headers)).not.toContain(key);
      expect(headers).not.toHaveProperty('cookie');
    }
    expect(home.requests).toHaveLength(2);
  });

  it('is followed maxRedirects times, not as a GET, and to http(s) only', async () => {
    const { url, requests } = await loopback((request, response) => {
      const [, path, location = ''] = /^\/(\w+)\/?(.*)$/.exec(request.url ?? '') ?? [];
      if (path === 'loop') response.writeHead(307, { location: request.url ?? '' }).end();
      else if (path === 'see') response.writeHead(303, { location: '/x' }).end();
      else response.writeHead(307, { location: decodeURIComponent(location.replace('/stream', '')) }).end();
    });
    const failed = async (path: string, options = {}) => errorOf(connectTiny(url + path, options).streamPrompt('Hi').result());
    expect(await failed('/loop', { maxRedirects: 3 })).toMatchObject({ code: 'remote-failed', field: 'baseUrl' });
    expect(requests).toHaveLength(4);
    expect((await failed('/see')).message).toContain('303');
    expect((await failed('/to/file:%2F%2F%2Fetc')).message).toContain('file:');
    expect((await failed('/to/http:%2F%2F[')).message).toContain('no URL');
  });
});

describe('a key', () => {
  it('is in no error, whatever the server repeats', async () => {
    const { url } = await loopback((request, response) => {
      response.writeHead(401).end(`bad key ${request.headers.authorization} and ${request.headers['x-api-key']}`);
    });
    const error = await errorOf(connectTiny(url, { apiKey: key, headers: { 'x-api-key': 'other-secret' } }).streamPrompt('Hi').result());
    expect(error.code).toBe('unauthorized');
    expect(error.message).toBe('401: bad key Bearer [key] and [key]');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/very-secret|other-secret/);
  });

  it('is in no error that a stream of events has in the middle, nor in the cause of one', async () => {
    const { url } = await loopback((_, response) => void beginEvents(response).end(sse({ text: 'a' }, { error: `key ${key} is used up` })));
    const error = await errorOf(connectTiny(url, { apiKey: key }).streamPrompt('Hi').result());
    expect(inspect(error, { depth: 9 })).not.toContain('very-secret');
    const fetch = () => Promise.reject(Object.assign(new Error(`failed with ${key}`), { request: { key } }));
    const failed = await errorOf(connectTiny(url, { apiKey: key, fetch }).streamPrompt('Hi').result());
    expect(failed.code).toBe('connection-failed');
    expect(inspect(failed, { depth: 9 })).not.toContain('very-secret');
  });

  it('is in no recording', async () => {
    const { url } = await loopback((request, response) => {
      request.resume();
      beginEvents(response).end(sse({ text: 'a' }, { error: `key ${key} is used up` }));
    });
    const recorded: string[] = [];
    const stream = connectTiny(url, { apiKey: key, headers: { 'x-api-key': key } }).streamPrompt('Hi');
    await errorOf(recordStream(stream, (line) => void recorded.push(line)).result());
    expect(recorded.join('')).toContain('"request"');
    expect(recorded.join('')).not.toContain('very-secret');
  });

  it('is in no message about itself', () => {
    for (const apiKey of [`${key}\n`, '', `${key} ü`]) {
      let error: unknown;
      try {
        connectTiny('http://127.0.0.1:1', { apiKey });
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({ code: 'invalid-argument', field: 'apiKey' });
      expect(String(error)).not.toContain('very-secret');
    }
  });

  it('of the environment goes to its provider only', async () => {
    vi.stubEnv('OPENAI_API_KEY', key);
    vi.stubEnv('TINY_API_KEY', key);
    const { url, requests } = await loopback((_, response) => void beginEvents(response).end(ending));
    const makers = { 'openai-chat': { ...tinyDialect, baseUrl: 'https://api.openai.com/v1', keyVariables: ['OPENAI_API_KEY'] } };
    await connectBy(makers, 'openai:gpt-5', { baseUrl: url }).streamPrompt('Hi').result();
    expect(requests[0]?.headers).not.toHaveProperty('authorization');
    // A dialect that nobody has a place of its own for: the key can be meant for nowhere else.
    await connectTiny(url).streamPrompt('Hi').result();
    expect(requests[1]?.headers.authorization).toBe(`Bearer ${key}`);
  });
});
