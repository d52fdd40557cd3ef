import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { RemoteFailure } from '../../src/remote/remote-failure.ts';
import { RetryDelays, retryAfterOf } from '../../src/remote/retry-delays.ts';
import { beginEvents, connectTiny, loopback } from '../support/remote/loopback.ts';
import { ending, sse } from '../support/remote/tiny-dialect.ts';
import { errorOf, readUntilError } from '../support/read-stream.ts';

/** A server that answers the n-th request with the n-th, and all later ones with the last. */
function answering(...answers: RequestListener[]) {
  let count = 0;
  return loopback((request, response) => {
    const answer = answers[Math.min(count, answers.length - 1)];
    count += 1;
    answer?.(request, response);
  });
}

const good: RequestListener = (_, response) => void beginEvents(response).end(sse({ text: 'good' }) + ending);
const status =
  (code: number, headers: Record<string, string> = { 'retry-after': '0' }): RequestListener =>
  (_, response) =>
    void response.writeHead(code, headers).end('no');

describe('a call that failed is made again', () => {
  it.each([408, 429, 500, 502, 503, 529])('after status %i', async (code) => {
    const { url, requests } = await answering(status(code), status(code), good);
    expect((await connectTiny(url, { retries: 2 }).streamPrompt('Hi').result()).text).toBe('good');
    expect(requests).toHaveLength(3);
  });

  it('after a connection that broke before its first content, and not after it', async () => {
    const breaking: RequestListener = (request) => request.socket.destroy();
    const empty: RequestListener = (_, response) => void beginEvents(response).write(': alive\n\n', () => response.destroy());
    const { url, requests } = await answering(breaking, empty, good);
    expect((await connectTiny(url, { retries: 2 }).streamPrompt('Hi').result()).text).toBe('good');
    expect(requests).toHaveLength(3);
  }, 20_000);

  it('never once something of the answer has come', async () => {
    const half: RequestListener = (_, response) => void beginEvents(response).write(sse({ text: 'half' }), () => response.destroy());
    const { url, requests } = await answering(half, good);
    const { values, error } = await readUntilError(connectTiny(url, { retries: 5 }).streamPrompt('Hi').textStream);
    expect(values).toEqual(['half']);
    expect(error?.code).toBe('connection-lost');
    expect(requests).toHaveLength(1);
  });

  it('no more often than retries says, whatever the reasons', async () => {
    const { url, requests } = await answering(status(503), status(429));
    const error = await errorOf(connectTiny(url, { retries: 2 }).streamPrompt('Hi').result());
    expect(error).toMatchObject({ code: 'rate-limited', retryAfterMs: 0 });
    expect(requests).toHaveLength(3);
  });

  it.each([400, 401, 403, 404, 422, 501])('not after status %i', async (code) => {
    const { url, requests } = await answering(status(code), good);
    await errorOf(connectTiny(url, { retries: 2 }).streamPrompt('Hi').result());
    expect(requests).toHaveLength(1);
  });

  it('not where the server asks for more than a minute, which the error tells', async () => {
    const { url, requests } = await answering(status(429, { 'retry-after': '3600' }), good);
    const error = await errorOf(connectTiny(url, { retries: 2 }).streamPrompt('Hi').result());
    expect(error).toMatchObject({ code: 'rate-limited', retryAfterMs: 3_600_000 });
    expect(requests).toHaveLength(1);
  });

  it('not once it was cancelled while it waited', async () => {
    const { url, requests } = await answering(status(429, { 'retry-after': '30' }), good);
    const stream = connectTiny(url, { retries: 2 }).streamPrompt('Hi');
    const result = stream.result();
    while (requests.length === 0) await new Promise((resolve) => void setTimeout(resolve, 5));
    stream.cancel();
    expect((await result).finishReason).toBe('aborted');
  });

  it('after an error in the stream that says to come back, and not after one that does not', async () => {
    const error = (code?: string): RequestListener => (_, response) => void beginEvents(response).end(sse({ error: 'no', code }));
    const { url } = await answering(error('rate-limited'), good);
    expect((await connectTiny(url, { retries: 1 }).streamPrompt('Hi').result()).text).toBe('good');
    const other = await answering(error(), good);
    expect(await errorOf(connectTiny(other.url, { retries: 1 }).streamPrompt('Hi').result())).toMatchObject({ code: 'remote-failed' });
  }, 20_000);

  it('for lists and embeddings too', async () => {
    const list: RequestListener = (_, response) => void response.end('{"names":["a"]}');
    const { url } = await answering(status(503), list);
    expect(await connectTiny(url, { retries: 1 }).listModels()).toEqual([{ model: 'a' }]);
  });
});

describe('the wait', () => {
  const failure = (retryAfterMs?: number) =>
    new RemoteFailure({ code: 'remote-failed', message: '', ...(retryAfterMs !== undefined && { retryAfterMs }) }, 'later');

  it('doubles up to eight seconds, of which half is random', () => {
    const longest = new RetryDelays(7, () => 1);
    const shortest = new RetryDelays(7, () => 0);
    expect(Array.from({ length: 8 }, () => longest.after(failure()))).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000, undefined]);
    expect(Array.from({ length: 3 }, () => shortest.after(failure()))).toEqual([250, 500, 1000]);
  });

  it('is what the server asks for', () => {
    expect(new RetryDelays(1).after(failure(1234))).toBe(1234);
  });

  it.each([
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:10 GMT' }, 9000],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '70.4', 'retry-after': '1' }, 70],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{}, undefined],
  ])('that %j asks for is %s ms', (headers, ms) => {
    expect(retryAfterOf((name) => (headers as Record<string, string>)[name], 1000)).toBe(ms);
  });
});
