import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { beginEvents, connectTiny, loopback, writeSlowly } from '../support/remote/loopback.ts';
import { serverFrame } from '../support/remote/server-frame.ts';
import { ending, sse } from '../support/remote/tiny-dialect.ts';
import { webSocketServer } from '../support/remote/web-socket-server.ts';
import { errorOf, readAll, readUntilError } from '../support/read-stream.ts';

const finish = [{ finish: 'stop', out: 2 }, '[DONE]'];

it('gives what the same engine gives through server-sent events, to the last field but the times', async () => {
  const events = [{ think: 'Hm' }, { text: 'ü🌬️' }, { text: 'b'.repeat(70_000) }];
  const socket = await webSocketServer((client) => client.send(...events, ...finish));
  const plain = await loopback((_, response) => void beginEvents(response).end(sse(...events) + ending));
  const withoutTimes = (part: object) => ({ ...part, timings: undefined });
  const [one, other] = await Promise.all([
    readAll(connectTiny(socket.url, { websocket: true }).streamPrompt('Hi')),
    readAll(connectTiny(plain.url).streamPrompt('Hi')),
  ]);
  expect(one.map(withoutTimes)).toEqual(other.map(withoutTimes));
});

it('sends the request once the connection is there, with the key', async () => {
  const server = await webSocketServer((client, request) => {
    client.send({ text: `${request.url} ${request.headers.authorization} ${client.message}` }, ...finish);
  });
  const model = connectTiny(server.url, { websocket: true, apiKey: 'sk-abcdef' });
  const { text } = await model.streamPrompt('x'.repeat(70_000)).result();
  expect(text).toMatch(/^\/stream Bearer sk-abcdef \{"model":"tiny"/);
  expect(text.length).toBeGreaterThan(70_000);
});

it('asks by plain requests for what is no stream', async () => {
  const server = await webSocketServer(() => {}, ({ method }, response) => void response.end(JSON.stringify({ vectors: [[1, 2]], method })));
  expect(await connectTiny(server.url, { websocket: true }).embed(['Hi'])).toMatchObject({ embeddings: [[1, 2]] });
});

it('closes the connection when the answer is over, and at once when it is left', async () => {
  const server = await webSocketServer((client) => {
    client.send({ text: 'a' });
    if (client.message.includes('short')) client.send(...finish);
  });
  const model = connectTiny(server.url, { websocket: true });
  expect((await model.streamPrompt('short').result()).text).toBe('a');
  for await (const part of model.streamPrompt('long')) if (part.type === 'text-delta') break;
  await server.untilNoSockets();
  expect(server.sockets.size).toBe(0);
});

it.each([
  ['a calm close', 1000, 'connection-lost'],
  ['an error of the server', 1011, 'connection-lost'],
])('that %s in the middle ends fails with the text until then', async (_, code, expected) => {
  const server = await webSocketServer((client) => {
    client.send({ text: 'half' });
    client.close(code, 'because');
  });
  const { values, error } = await readUntilError(connectTiny(server.url, { websocket: true, retries: 3 }).streamPrompt('Hi').textStream);
  expect(values).toEqual(['half']);
  expect(error).toMatchObject({ code: expected, partial: { text: 'half' } });
});

it('connects again where it is closed before the first content', async () => {
  let count = 0;
  const server = await webSocketServer((client) => {
    count += 1;
    if (count === 1) client.close(1012, 'restarting');
    else if (count === 2) client.socket.destroy();
    else client.send({ text: 'third' }, ...finish);
  });
  expect((await connectTiny(server.url, { websocket: true, retries: 2 }).streamPrompt('Hi').result()).text).toBe('third');
}, 20_000);

it('fails as a request does where the handshake is refused', async () => {
  const server = await webSocketServer(() => {}, (_, response) => void response.writeHead(401).end('no'));
  server.server.removeAllListeners('upgrade');
  const model = connectTiny(server.url, { websocket: true });
  expect(await errorOf(model.streamPrompt('Hi').result())).toMatchObject({ code: 'unauthorized' });
});

it('fails where the server answers without a WebSocket, or with a wrong one', async () => {
  const plain = await loopback((_, response) => void beginEvents(response).end(ending));
  expect(await errorOf(connectTiny(plain.url, { websocket: true }).streamPrompt('Hi').result())).toMatchObject({ field: 'websocket' });
  const wrong = await loopback(() => {});
  wrong.server.on('upgrade', (_, socket) => void socket.write('HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n'));
  expect(await errorOf(connectTiny(wrong.url, { websocket: true }).streamPrompt('Hi').result())).toMatchObject({ field: 'websocket' });
});

it('is not to be had with a fetch of the caller, or with a dialect that has none', () => {
  const invalid = expect.objectContaining({ code: 'invalid-argument', field: 'websocket' });
  expect(() => connectTiny('http://127.0.0.1:1', { websocket: true, fetch })).toThrow(invalid);
  expect(() => connectTiny('http://127.0.0.1:1', { websocket: true, dialect: 'ollama' })).toThrow(invalid);
});

it('stops reading the connection while the stream is paused', async () => {
  let written = 0;
  const server = await webSocketServer(async (client) => {
    const text = 'x'.repeat(60_000);
    const frame = serverFrame(1, Buffer.from(JSON.stringify({ text })));
    for (let count = 0; count < 1000 && !client.socket.destroyed; count += 1) {
      written += text.length;
      await writeSlowly(client.socket, frame);
    }
    client.send(...finish);
  });
  const stream = connectTiny(server.url, { websocket: true }).streamPrompt('Hi');
  const iterator = stream[Symbol.asyncIterator]();
  await iterator.next();
  stream.pause();
  let before = -1;
  while (before !== written) {
    before = written;
    await setTimeout(100);
  }
  expect(written).toBeLessThan(30_000_000);
  stream.resume();
  expect((await stream.result()).text).toHaveLength(60_000_000);
});
