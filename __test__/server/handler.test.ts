import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createHandler, createServer } from '../../src/server/index.ts';
import { errorOf } from '../support/error-of.ts';
import { errorBody, eventsOf, get, hi, post, refusalOf } from '../support/server/ask.ts';
import { PlayedModel } from '../support/server/played-model.ts';

const path = '/v1/chat/completions';
const small = { models: { small: new PlayedModel() } };

describe('a request that cannot be answered', () => {
  const handler = createHandler({ ...small, maxBodyBytes: 1000 });

  it.each([
    ['a path that there is not', get('/v1/chats'), 404, 'unknown_url'],
    ['a model that there is not', post(path, { model: 'large', messages: hi }), 404, 'model_not_found'],
    ['a method that the path does not take', get(path), 405, 'method_not_allowed'],
    ['another type than JSON', post(path, '{}', { 'content-type': 'text/plain' }), 415, 'unsupported_media_type'],
    ['no type', new Request('http://localhost/v1/chat/completions', { method: 'POST', body: new Uint8Array([123, 125]) }), 415, 'unsupported_media_type'],
    ['broken JSON', post(path, '{"messages":'), 400, 'invalid_json'],
    ['JSON that is no object', post(path, '[]'), 400, 'invalid_json'],
    ['no body', post(path, ''), 400, 'invalid_json'],
    ['a body that is too large', post(path, { messages: hi, user: 'x'.repeat(1000) }), 413, 'request_too_large'],
    ['a body that is too large and says so', post(path, '{}', { 'content-length': '1001' }), 413, 'request_too_large'],
  ])('%s', async (_, request, status, code) => {
    expect(await errorBody(await handler.fetch(request))).toMatchObject({ status, code, message: expect.stringMatching(/./) });
  });

  it('of a body that is not UTF-8', async () => {
    const request = new Request('http://localhost/v1/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: new Uint8Array([34, 255, 34]) });
    expect(await errorBody(await handler.fetch(request))).toMatchObject({ status: 400, code: 'invalid_body' });
  });

  it('is told which methods there are', async () => {
    expect((await handler.fetch(get(path))).headers.get('allow')).toBe('POST');
  });
});

describe('models', () => {
  const handler = createHandler({ models: { 'org/small': new PlayedModel([['s']]), large: new PlayedModel([['l']]) }, defaultModel: 'large' });

  it('are listed, and each is there by its name, slashes escaped or not', async () => {
    const list = (await (await handler.fetch(get('/v1/models'))).json()) as { data: { id: string }[] };
    expect(list.data.map(({ id }) => id)).toEqual(['org/small', 'large']);
    for (const name of ['org/small', 'org%2Fsmall']) expect(await (await handler.fetch(get(`/v1/models/${name}`))).json()).toEqual(list.data[0]);
    expect(await errorBody(await handler.fetch(get('/v1/models/medium')))).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
  });

  it('answer by the name that is asked for, or else the default one', async () => {
    const answer = async (fields: object) => (await (await handler.fetch(post(path, { messages: hi, ...fields }))).json()) as object;
    expect(await answer({ model: 'org/small' })).toMatchObject({ model: 'org/small', choices: [{ message: { content: 's' } }] });
    expect(await answer({})).toMatchObject({ model: 'large', choices: [{ message: { content: 'l' } }] });
  });

  it('given alone goes by its own name, without the folders that lead to it', async () => {
    const alone = Object.assign(new PlayedModel(), { info: { model: '/srv/models/tiny-Q4.gguf' } });
    expect(await (await createHandler({ models: alone }).fetch(get('/v1/models'))).json()).toMatchObject({ data: [{ id: 'tiny-Q4' }] });
  });
});

describe('keys', () => {
  const handler = createHandler({ ...small, apiKeys: ['first', 'second'] });

  it.each([undefined, 'first', 'Bearer', 'Bearer third', 'Bearer firs', 'Basic first'])('%s is refused', async (authorization) => {
    const response = await handler.fetch(get('/v1/models', authorization === undefined ? {} : { authorization }));
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await errorBody(response)).toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  it.each(['Bearer first', 'bearer second'])('%s is taken', async (authorization) => {
    expect((await handler.fetch(get('/v1/models', { authorization }))).status).toBe(200);
  });

  it('are needed for everything but /health, and for paths that there are not', async () => {
    expect((await handler.fetch(get('/health'))).status).toBe(200);
    expect((await handler.fetch(get('/metrics'))).status).toBe(401);
    expect((await handler.fetch(get('/nothing'))).status).toBe(401);
  });
});

describe('web pages', () => {
  const origin = 'https://chat.example.org';
  const preflight = new Request(`http://localhost${path}`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
  });

  it('may not use the server unless they are allowed to', async () => {
    const handler = createHandler(small);
    expect((await handler.fetch(preflight)).status).toBe(405);
    expect((await handler.fetch(get('/v1/models', { origin }))).headers.has('access-control-allow-origin')).toBe(false);
    const others = createHandler({ ...small, cors: ['https://other.example.org'] });
    expect((await others.fetch(preflight)).headers.has('access-control-allow-headers')).toBe(false);
    expect((await others.fetch(get('/v1/models', { origin }))).headers.get('access-control-allow-origin')).toBeNull();
  });

  it.each([true, [origin]])('may where cors is %j, errors included, and need no key to ask', async (cors) => {
    const handler = createHandler({ ...small, cors, apiKeys: ['key'] });
    const allowed = await handler.fetch(preflight);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-headers')).toBe('content-type');
    expect(allowed.headers.get('access-control-allow-origin')).toBe(origin);
    const refused = await handler.fetch(get('/v1/models', { origin }));
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe(origin);
    expect(refused.headers.get('vary')).toBe('origin');
  });

  it('may not call the server by a name of their own', async () => {
    const handler = createHandler({ ...small, allowedHosts: ['localhost', '.example.org'] });
    const ask = (host: string) => handler.fetch(new Request(`http://${host}:1234/v1/models`));
    for (const host of ['localhost', 'a.example.org', 'LOCALHOST']) expect((await ask(host)).status).toBe(200);
    for (const host of ['evil.com', 'example.org.evil.com', 'notlocalhost', '127.0.0.1']) {
      expect(await errorBody(await ask(host))).toMatchObject({ status: 403, code: 'host_not_allowed' });
    }
  });
});

describe('a streamed answer', () => {
  it('fills silences with comments, and begins with one where the first part takes long', async () => {
    const handler = createHandler({ models: new PlayedModel([['a', 'b']], 120), keepAliveMs: 40 });
    const response = await handler.fetch(post(path, { messages: hi, stream: true }));
    const text = await response.text();
    expect(text).toContain(': keep-alive\n\n');
    expect(text).toContain('"content":"a"');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('of which the body is cancelled ends its generation', async () => {
    const model = new PlayedModel([['a', ...Array.from({ length: 1000 }, () => 'b')]], 5);
    const handler = createHandler({ models: model });
    const response = await handler.fetch(post(path, { messages: hi, stream: true }));
    await response.body?.cancel();
    // Only what is over lets a handler close without a deadline having to pass.
    await handler.close({ deadlineMs: 10 ** 9 });
    expect(model.requests).toHaveLength(1);
  });

  it.each([true, false])('or a whole one (stream %j), whose caller goes away, ends its generation', async (stream) => {
    const handler = createHandler({ models: new PlayedModel([['a', 'b']], 10_000) });
    const controller = new AbortController();
    const answer = handler.fetch(post(path, { messages: hi, stream }, {}, controller.signal));
    await setTimeout(20);
    controller.abort();
    expect((await answer).status).toBe(stream ? 200 : 499);
    await (await answer).body?.cancel();
    await handler.close({ deadlineMs: 10 ** 9 });
  });

  it('ends with an error where it takes longer than maxRequestMs', async () => {
    const handler = createHandler({ models: new PlayedModel([['a', 'b']], 10_000), maxRequestMs: 30 });
    expect(await refusalOf(handler, { messages: hi })).toMatchObject({ status: 504, code: 'request_timeout' });
    const events = await eventsOf(await handler.fetch(post(path, { messages: hi, stream: true })));
    expect(events.at(-1)).toMatchObject({ error: { code: 'request_timeout' } });
  });
});

describe('a handler that closes', () => {
  it('takes nothing new, lets what runs end, and cancels it at the deadline', async () => {
    const handler = createHandler({ models: { quick: new PlayedModel([['a', 'b']], 50), slow: new PlayedModel([['a', 'b']], 10_000) } });
    const quick = await handler.fetch(post(path, { messages: hi, model: 'quick', stream: true }));
    const slow = handler.fetch(post(path, { messages: hi, model: 'slow' }));
    const quickEvents = eventsOf(quick);
    const closed = handler.close({ deadlineMs: 400 });
    expect(await refusalOf(handler, { messages: hi })).toMatchObject({ status: 503, code: 'server_closing' });
    expect((await handler.fetch(get('/health'))).status).toBe(503);
    expect((await quickEvents).at(-1)).toBe('[DONE]');
    expect(await errorBody(await slow)).toMatchObject({ status: 503, code: 'server_closing' });
    await closed;
    await handler.close();
  });
});

it('metrics count requests by route and status, and tell what each model does', async () => {
  const handler = createHandler({ models: { 'a "model"': new PlayedModel() } });
  await handler.fetch(post(path, { messages: hi }));
  await handler.fetch(post(path, {}));
  await handler.fetch(get('/nothing'));
  const text = await (await handler.fetch(get('/metrics'))).text();
  expect(text).toContain('tramontane_http_requests_total{method="POST",route="/v1/chat/completions",status="200"} 1\n');
  expect(text).toContain('tramontane_http_requests_total{method="POST",route="/v1/chat/completions",status="400"} 1\n');
  expect(text).toContain('tramontane_http_requests_total{method="GET",route="none",status="404"} 1\n');
  expect(text).toContain('tramontane_http_requests_in_flight{route="/metrics"} 1\n');
  expect(text).toContain('tramontane_http_request_duration_seconds_bucket{method="POST",route="/v1/chat/completions",status="200",le="+Inf"} 1\n');
  expect(text).toContain('tramontane_sequences{model="a \\"model\\"",state="live"} 0\n');
  expect(text).toContain('# TYPE tramontane_tokens_total counter\n');
  for (const line of text.trimEnd().split('\n')) expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? [\d.e+-]+)$/);
});

it('metrics tell how long first and further tokens take, of every kind of answer', async () => {
  const usage = { inputTokens: 1, outputTokens: 3, totalTokens: 4, cachedInputTokens: 0 };
  const timings = { queuedMs: 0, prefillMs: 20, firstTokenMs: 30, decodeMs: 8, totalMs: 40, pausedMs: 0, stopMs: null, tokensPerSecond: 250 };
  const model = new PlayedModel([['Hi', { type: 'finish', finishReason: 'stop', usage, timings }]]);
  const handler = createHandler({ models: { small: model } });
  const asked: [string, object][] = [
    [path, { messages: hi }],
    [path, { messages: hi, stream: true, n: 2 }],
    ['/v1/completions', { prompt: 'Hi' }],
    ['/v1/completions', { prompt: 'Hi', stream: true }],
    ['/v1/responses', { input: 'Hi' }],
    ['/v1/responses', { input: 'Hi', stream: true }],
    ['/api/chat', { model: 'small', messages: hi }],
    ['/api/generate', { model: 'small', prompt: 'Hi', stream: false }],
  ];
  for (const [endpoint, body] of asked) await (await handler.fetch(post(endpoint, body))).text();
  await handler.fetch(post(path, {}));
  const text = await (await handler.fetch(get('/metrics'))).text();
  for (const line of [
    '# TYPE tramontane_time_to_first_token_seconds histogram',
    'tramontane_time_to_first_token_seconds_bucket{model="small",le="0.025"} 0',
    'tramontane_time_to_first_token_seconds_bucket{model="small",le="0.05"} 9',
    'tramontane_time_to_first_token_seconds_count{model="small"} 9',
    'tramontane_time_per_output_token_seconds_bucket{model="small",le="0.0025"} 0',
    'tramontane_time_per_output_token_seconds_bucket{model="small",le="0.005"} 9',
    'tramontane_time_per_output_token_seconds_bucket{model="small",le="+Inf"} 9',
  ]) expect(text).toContain(`${line}\n`);
});

it.each<[string, object]>([
  ['models', {}],
  ['models', { models: {} }],
  ['models.a', { models: { a: {} } }],
  ['models.a.idleUnloadMs', { models: { a: { load: async () => new PlayedModel(), idleUnloadMs: -1 } } }],
  ['defaultModel', { ...small, defaultModel: 'large' }],
  ['apiKeys[0]', { ...small, apiKeys: [''] }],
  ['cors', { ...small, cors: 'yes' }],
  ['maxBodyBytes', { ...small, maxBodyBytes: 0 }],
  ['onError', { ...small, onError: 1 }],
  ['ports', { ...small, ports: 1 }],
])('an option that cannot be used is named: %s', (field, options) => {
  expect(errorOf(() => createHandler(options as never))).toMatchObject({ code: 'invalid-argument', field });
  expect(errorOf(() => createServer(options as never))).toMatchObject({ code: 'invalid-argument', field });
});
