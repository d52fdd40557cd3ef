import { once } from 'node:events';
import OpenAI from 'openai';
import { ResponsesWS } from 'openai/resources/responses/ws';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { connect } from '../../../src/index.ts';
import { openServer } from '../../support/server/open-server.ts';
import { ResponsesConnection } from '../../support/server/responses-connection.ts';
import type { ResponseEvent } from '../../support/server/responses-connection.ts';

function idOf(events: readonly ResponseEvent[]): string {
  const response = events[0]?.['response'] as { id: string } | undefined;
  return response?.id ?? '';
}

function comparable(events: readonly object[]): unknown {
  return JSON.parse(JSON.stringify(events).replaceAll(/(resp_|msg_|rs_|fc_)[0-9a-f]{32}/g, '$1').replaceAll(/"created_at":\d+/g, '"created_at":0')) as unknown;
}

describe('responses over a WebSocket', () => {
  it('are the events that a stream has, in the same order', async () => {
    await using server = await openServer(['<think>Hm</think>Hello there']);
    await using connection = await ResponsesConnection.open(server.url);
    connection.create({ input: 'Hi' });
    const events = await connection.until('response.completed');
    const streamed: object[] = [];
    for await (const event of await server.client.responses.create({ model: 'test', input: 'Hi', stream: true })) streamed.push(event);
    expect(comparable(events)).toEqual(comparable(streamed));
  });

  it('are answered one after the other, however quickly they are asked for', async () => {
    await using server = await openServer([{ text: 'One', stepMs: 2 }, 'Two', 'Three']);
    await using connection = await ResponsesConnection.open(server.url);
    for (const input of ['a', 'b', 'c']) connection.create({ input });
    for (const text of ['One', 'Two', 'Three']) {
      const events = await connection.until('response.completed');
      expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, at) => at));
      expect(JSON.stringify(events.at(-1))).toContain(`"text":"${text}"`);
    }
  });

  it("serve OpenAI's own client", async () => {
    await using server = await openServer(['Hello there'], { apiKeys: ['secret'] });
    const socket = new ResponsesWS(new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'secret' }));
    let text = '';
    for await (const event of socket.stream()) {
      if (event.type === 'open') socket.send({ type: 'response.create', model: 'test', input: 'Hi' });
      if (event.type === 'error') throw event.error;
      if (event.type !== 'message') continue;
      if (event.message.type === 'response.output_text.delta') text += event.message.delta;
      if (event.message.type === 'response.completed') break;
    }
    socket.close();
    expect(text).toBe('Hello there');
  });

  it('serve a remote model of this package', async () => {
    await using server = await openServer(['<think>Hm</think>Hello there']);
    await using model = await connect({ provider: 'openai', baseUrl: `${server.url}/v1`, model: 'test', dialect: 'openai-responses', websocket: true, apiKey: 'none' });
    const { text, reasoning, finishReason } = await model.streamPrompt('Hi').result();
    expect({ text, reasoning, finishReason }).toEqual({ text: 'Hello there', reasoning: 'Hm', finishReason: 'stop' });
  });

  it('need a key where the server does', async () => {
    await using server = await openServer(['Hello'], { apiKeys: ['secret'] });
    const refused = await ResponsesConnection.open(server.url, { authorization: 'Bearer wrong' }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ message: expect.stringContaining('401') });
    await using connection = await ResponsesConnection.open(server.url, { authorization: 'Bearer secret' });
    connection.create({ input: 'Hi' });
    await connection.until('response.completed');
  });

  it('are refused by an error event, and the connection stays', async () => {
    await using server = await openServer(['Hello']);
    await using connection = await ResponsesConnection.open(server.url);
    const refusals: readonly (readonly [message: unknown, error: object])[] = [
      ['{not json', { status: 400, error: { code: 'invalid_json' } }],
      ['[]', { status: 400, error: { code: 'invalid_json' } }],
      [{ type: 'response.destroy' }, { status: 400, error: { param: 'type' } }],
      [{ type: 'response.create', model: 'none', input: 'Hi' }, { status: 404, error: { code: 'model_not_found', param: 'model' } }],
      [{ type: 'response.create', input: 7, stream_id: 'a' }, { status: 400, error: { param: 'input' }, stream_id: 'a' }],
      [{ type: 'response.create', input: 'Hi', background: true }, { status: 400, error: { param: 'background' } }],
      [{ type: 'response.create', input: 'Hi', previous_response_id: 'resp_1' }, { status: 404, error: { code: 'previous_response_not_found' } }],
      [{ type: 'response.create', input: 'x'.repeat(5000) }, { status: 400, error: { code: 'context_length_exceeded' } }],
    ];
    for (const [message, error] of refusals) {
      connection.send(message);
      expect(await connection.until('error')).toMatchObject([{ type: 'error', ...error }]);
    }
    connection.socket.send(Buffer.from('{}'));
    expect(await connection.until('error')).toMatchObject([{ error: { code: 'invalid_json' } }]);
    connection.create({ input: 'Hi', stream_id: 'lane' });
    const events = await connection.until('response.completed');
    expect(events.every((event) => event['stream_id'] === 'lane')).toBe(true);
  });

  it('continue each other on one connection though nothing is stored, and on no other', async () => {
    await using server = await openServer(['One', 'Two', 'Three']);
    await using connection = await ResponsesConnection.open(server.url);
    connection.create({ input: 'a', store: false, generate: false });
    const warm = await connection.until('response.completed');
    expect(warm.map(({ type }) => type)).toEqual(['response.created', 'response.in_progress', 'response.completed']);
    connection.create({ input: 'b', store: false, previous_response_id: idOf(warm) });
    const next = await connection.until('response.completed');
    expect(JSON.stringify(next.at(-1))).toContain('"text":"Two"');
    await using other = await ResponsesConnection.open(server.url);
    other.create({ input: 'c', previous_response_id: idOf(next) });
    expect(await other.until('error')).toMatchObject([{ error: { code: 'previous_response_not_found' } }]);
  });

  it('fail by an error and a failed response, and the connection stays', async () => {
    await using server = await openServer([{ text: 'Hello there', failAfterTokens: 5 }, 'Hello']);
    await using connection = await ResponsesConnection.open(server.url);
    connection.create({ input: 'Hi' });
    const events = await connection.until('response.failed');
    expect(events.at(-2)).toMatchObject({ type: 'error', code: 'engine_failed' });
    connection.create({ input: 'Hi' });
    await connection.until('response.completed');
  });

  it('are cancelled when the connection is closed', async () => {
    await using server = await openServer([{ text: 'x'.repeat(3000), stepMs: 2 }]);
    const connection = await ResponsesConnection.open(server.url);
    connection.create({ input: 'Hi' });
    const events = await connection.until('response.output_text.delta');
    connection.socket.close();
    await expect.poll(() => server.model.metrics().liveSequences).toBe(0);
    await expect.poll(async () => (await server.client.responses.retrieve(idOf(events))).status).toBe('cancelled');
  });

  it('wait for a reader who is slow, and lose nothing', async () => {
    const length = 150_000;
    await using server = await openServer({ replies: ['x'.repeat(length)], contextLength: 2 * length });
    await using connection = await ResponsesConnection.open(server.url);
    // Every event repeats its lane, so that there is more than the connection itself holds.
    connection.create({ input: 'Hi', stream_id: 'y'.repeat(1000) });
    connection.socket.pause();
    const counts: number[] = [];
    const stands = () => {
      counts.push(server.model.metrics().generatedTokens);
      return counts.length > 8 && counts.at(-1) === counts.at(-8) && counts.at(-1) !== 0;
    };
    await expect.poll(stands, { timeout: 10_000 }).toBe(true);
    expect(counts.at(-1)).toBeLessThan(length);
    connection.socket.resume();
    // It goes on from where it stood.
    await expect.poll(() => server.model.metrics().generatedTokens, { timeout: 10_000 }).toBeGreaterThan(counts.at(-1) ?? 0);
    expect(connection.events.map(({ sequence_number: number }) => number)).toEqual(connection.events.map((_, at) => at));
  });

  it('are closed by a message that is too large, without harm to others', async () => {
    await using server = await openServer(['Hello'], { maxBodyBytes: 2000 });
    const connection = await ResponsesConnection.open(server.url);
    connection.create({ input: 'x'.repeat(3000) });
    const [code] = (await once(connection.socket, 'close')) as [number];
    expect(code).toBe(1009);
    await using other = await ResponsesConnection.open(server.url);
    other.create({ input: 'Hi' });
    await other.until('response.completed');
  });

  it('are pinged in silence, and given up where nobody answers', async () => {
    await using server = await openServer(['Hello'], { keepAliveMs: 20 });
    await using alive = await ResponsesConnection.open(server.url);
    let pings = 0;
    alive.socket.on('ping', () => (pings += 1));
    const dead = new WebSocket(`${server.url.replace('http', 'ws')}/v1/responses`, { autoPong: false });
    await once(dead, 'close');
    expect(pings).toBeGreaterThan(0);
    expect(alive.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('are told to their end while their server closes, and no more are taken', async () => {
    await using server = await openServer([{ text: 'Hello there', stepMs: 20 }]);
    await using connection = await ResponsesConnection.open(server.url);
    connection.create({ input: 'Hi' });
    await connection.until('response.output_text.delta');
    const closed = once(connection.socket, 'close');
    const closing = server.server.close({ deadlineMs: 60_000 });
    connection.create({ input: 'Hi' });
    const events = await connection.until('response.completed');
    expect(events.find(({ type }) => type === 'error')).toMatchObject({ status: 503, error: { code: 'server_closing' } });
    expect(JSON.stringify(events.at(-1))).toContain('"text":"Hello there"');
    const [code] = (await closed) as [number];
    expect(code).toBe(1001);
    await closing;
  });

  it('end with their server', async () => {
    const server = await openServer([{ text: 'x'.repeat(3000), stepMs: 2 }]);
    const connection = await ResponsesConnection.open(server.url);
    const idle = await ResponsesConnection.open(server.url);
    connection.create({ input: 'Hi' });
    await connection.until('response.output_text.delta');
    const closed = Promise.all([once(connection.socket, 'close'), once(idle.socket, 'close')]);
    await server[Symbol.asyncDispose]();
    const [, [code]] = (await closed) as [unknown, [number]];
    expect(code).toBe(1001);
  });
});
