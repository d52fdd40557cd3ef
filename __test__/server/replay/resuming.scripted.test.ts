import { describe, expect, it } from 'vitest';
import { openServer } from '../../support/server/open-server.ts';
import { untilQuiet } from '../../support/until-quiet.ts';

const json = { 'content-type': 'application/json' };
const resumable = { ...json, 'x-tramontane-resumable': '1' };

const chat = { path: '/v1/chat/completions', body: { model: 'test', messages: [{ role: 'user', content: 'Hi' }], stream: true, stream_options: { include_usage: true } } };
const response = { path: '/v1/responses', body: { model: 'test', input: 'Hi', stream: true } };

/** Reads so many events of an answer and leaves it there, or all of them. */
async function read(answer: Response, most = Infinity): Promise<{ text: string; last: string | undefined }> {
  expect(answer.status).toBe(200);
  let text = '';
  const decoder = new TextDecoder();
  const body = answer.body as ReadableStream<Uint8Array>;
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const events = text.split('\n\n').slice(0, -1);
    if (events.length < most) continue;
    text = events.slice(0, most).map((event) => `${event}\n\n`).join('');
    break;
  }
  return { text, last: [...text.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1] };
}

/** What differs from one run to another. */
function comparable(text: string): string {
  return text.replaceAll(/(resp_|chatcmpl-|msg_|rs_|fc_)[0-9a-f-]{32,36}/g, '$1').replaceAll(/"created(_at)?":\d+/g, '"created":0');
}

describe.each([chat, response])('$path, asked to be resumable', ({ path, body }) => {
  const ask = (url: string, headers = resumable) => fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });

  it('gives a reader that is lost and comes back at any event the bytes of one that never was', async () => {
    await using server = await openServer(['<think>Hm</think>Hello there']);
    const whole = comparable((await read(await ask(server.url))).text);
    const count = whole.split('\n\n').length - 1;
    expect([...whole.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))).toEqual(Array.from({ length: count }, (_, at) => at));
    for (let lost = 1; lost < count; lost += 1) {
      const answer = await ask(server.url);
      const id = answer.headers.get('x-stream-id');
      const { text, last } = await read(answer, lost);
      const again = await fetch(`${server.url}/v1/streams/${id}`, { headers: { 'last-event-id': last ?? '' } });
      expect(comparable(text + (await read(again)).text), `lost after ${lost} of ${count}`).toBe(whole);
    }
  });

  it('is the same events as without, but for their ids', async () => {
    await using server = await openServer(['Hello']);
    const plain = await ask(server.url, json as typeof resumable);
    expect(plain.headers.get('x-stream-id')).toBeNull();
    const numbered = (await read(await ask(server.url))).text;
    expect(comparable(numbered.replaceAll(/^id: \d+\n/gm, ''))).toBe(comparable((await read(plain)).text));
  });

  it('goes on without its reader, and is not computed twice', async () => {
    await using server = await openServer([{ text: 'x'.repeat(200), stepMs: 1 }]);
    const answer = await ask(server.url);
    const id = answer.headers.get('x-stream-id');
    await read(answer, 4);
    expect((await untilQuiet(server.model)).liveSequences).toBe(0);
    const { text } = await read(await fetch(`${server.url}/v1/streams/${id}`));
    expect(text.match(/x/g)?.length).toBeGreaterThanOrEqual(200);
    expect(server.model.metrics().generatedTokens).toBe(201);
  });

  it('says that there is no more, once all was received', async () => {
    await using server = await openServer(['Hello']);
    const answer = await ask(server.url);
    const id = answer.headers.get('x-stream-id');
    const { last } = await read(answer);
    expect((await fetch(`${server.url}/v1/streams/${id}`, { headers: { 'last-event-id': last ?? '' } })).status).toBe(204);
  });

  it('says that it is too late for what is not kept any more', async () => {
    await using server = await openServer(['Hello there, how are you?'], { replay: { maxEvents: 5 } });
    const answer = await ask(server.url);
    const id = answer.headers.get('x-stream-id');
    await read(answer);
    const late = await fetch(`${server.url}/v1/streams/${id}`, { headers: { 'last-event-id': '2' } });
    expect(late.status).toBe(410);
    expect(await late.json()).toMatchObject({ error: { code: 'stream_gone', param: 'last-event-id' } });
  });

  it('is cancelled when nobody has come back in time', async () => {
    await using server = await openServer([{ text: 'x'.repeat(3000), stepMs: 2 }], { replay: { graceMs: 50 } });
    await read(await ask(server.url), 4);
    await expect.poll(() => server.model.metrics().liveSequences).toBe(0);
    expect(server.model.metrics().generatedTokens).toBeLessThan(3000);
  });

  it('is cancelled at once where it is deleted, while it is read or not', async () => {
    await using server = await openServer([{ text: 'x'.repeat(3000), stepMs: 2 }]);
    const answer = await ask(server.url);
    const id = answer.headers.get('x-stream-id');
    const reading = read(answer);
    await expect.poll(() => server.model.metrics().liveSequences).toBe(1);
    const deleted = await fetch(`${server.url}/v1/streams/${id}`, { method: 'DELETE' });
    expect(await deleted.json()).toMatchObject({ id, deleted: true });
    await reading;
    await expect.poll(() => server.model.metrics().liveSequences).toBe(0);
    for (const method of ['GET', 'DELETE']) expect((await fetch(`${server.url}/v1/streams/${id}`, { method })).status).toBe(404);
  });

  it('is cancelled with its server', async () => {
    const server = await openServer([{ text: 'x'.repeat(3000), stepMs: 2 }]);
    await read(await ask(server.url), 4);
    await server[Symbol.asyncDispose]();
    expect(server.model.metrics().liveSequences).toBe(0);
  });

  it('is refused by a status where it cannot begin', async () => {
    await using server = await openServer(['Hello']);
    const wrong = { ...body, temperature: 'hot' };
    const refused = await fetch(`${server.url}${path}`, { method: 'POST', headers: resumable, body: JSON.stringify(wrong) });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { param: 'temperature' } });
  });
});

it.each([chat, response])('$path is cancelled where its caller goes before the answer, resumable or not', async ({ path, body }) => {
  await using server = await openServer([{ text: 'x'.repeat(3000), stepMs: 2, prefillMs: 200 }]);
  for (const stream of [true, false]) {
    const gone = new AbortController();
    const asking = fetch(`${server.url}${path}`, { method: 'POST', headers: resumable, body: JSON.stringify({ ...body, stream, stream_options: undefined }), signal: gone.signal });
    asking.catch(() => undefined);
    await expect.poll(() => server.model.metrics().liveSequences).toBe(1);
    gone.abort();
    await expect.poll(() => server.model.metrics().liveSequences, { timeout: 5000 }).toBe(0);
    expect(server.model.metrics().generatedTokens).toBeLessThan(1000);
  }
});

it('a stream that was not asked to be resumable is cancelled with its connection', async () => {
  await using server = await openServer([{ text: 'x'.repeat(3000), stepMs: 2 }]);
  for (const { path, body } of [chat, response]) {
    await read(await fetch(`${server.url}${path}`, { method: 'POST', headers: json, body: JSON.stringify(body) }), 4);
    await expect.poll(() => server.model.metrics().liveSequences).toBe(0);
  }
});

it.each(['x', '-1', '1e3', '99'])('an id that no event has is refused: %s', async (last) => {
  await using server = await openServer(['Hello']);
  const answer = await fetch(`${server.url}${chat.path}`, { method: 'POST', headers: resumable, body: JSON.stringify(chat.body) });
  await read(answer);
  const refused = await fetch(`${server.url}/v1/streams/${answer.headers.get('x-stream-id')}`, { headers: { 'last-event-id': last } });
  expect(refused.status).toBe(400);
});
