import { setTimeout } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { scriptedModel } from '../../src/testing/index.ts';
import { randomFrom } from '../support/random.ts';
import { hi } from '../support/server/ask.ts';
import { jsonRequest, rawRequest } from '../support/server/raw-request.ts';
import { serve } from '../support/server/serve.ts';
import { untilQuiet } from '../support/until-quiet.ts';

const path = '/v1/chat/completions';
const reply = 'The tramontane is a cold wind from beyond the mountains. 风从山那边来 🌬️ '.repeat(3);
const garbage = [
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n',
  'GET / HTTP/9.9\r\n\r\n',
  jsonRequest(path, { messages: 'hi' }),
  jsonRequest(path, { messages: hi, n: 1e9 }),
  jsonRequest('/v1/nothing', {}),
  `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{"mess`,
];

/** What a client got, where it stayed to the end. */
interface Client {
  readonly kind: 'stays' | 'leaves' | 'whole' | 'garbage';
  readonly text: string;
}

it('200 clients that read as they like, leave as they like, and send garbage: whoever stays gets what it gets alone', async () => {
  const random = randomFrom(7);
  const model = await scriptedModel({ replies: [reply, reply, { text: reply, stepMs: 1 }], contextLength: 8192 });
  onTestFinished(() => model.close());
  const { url } = await serve({ models: { small: model } });

  const stream = async (kind: 'stays' | 'leaves'): Promise<Client> => {
    const leaveAfter = kind === 'leaves' ? random() * 20_000 : Infinity;
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ messages: hi, stream: true }),
      signal: AbortSignal.timeout(60_000),
    });
    const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
    let body = '';
    const pauseMs = random() * 20;
    for (;;) {
      const read = await reader.read();
      if (read.done) break;
      body += read.value;
      if (body.length > leaveAfter) {
        await reader.cancel();
        return { kind, text: '' };
      }
      if (random() < 0.3) await setTimeout(pauseMs);
    }
    expect(body.endsWith('data: [DONE]\n\n')).toBe(true);
    const chunks = body.split('\n\n').slice(0, -2).map((event) => JSON.parse(event.slice(6)) as { choices: [{ delta: { content?: string } }] });
    return { kind, text: chunks.map(({ choices }) => choices[0].delta.content ?? '').join('') };
  };
  const vanish = async (): Promise<Client> => {
    const socket = await rawRequest(url, jsonRequest(path, { messages: hi, stream: random() < 0.5, n: 1 + Math.floor(random() * 3) }));
    await setTimeout(random() * 200);
    socket.destroy();
    return { kind: 'leaves', text: '' };
  };
  const whole = async (): Promise<Client> => {
    const response = await fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ messages: hi }) });
    const { choices } = (await response.json()) as { choices: [{ message: { content: string } }] };
    return { kind: 'whole', text: choices[0].message.content };
  };
  const bother = async (): Promise<Client> => {
    const socket = await rawRequest(url, garbage[Math.floor(random() * garbage.length)] ?? '');
    socket.resume();
    await setTimeout(random() * 300);
    socket.destroy();
    return { kind: 'garbage', text: '' };
  };

  const ways = [() => stream('stays'), () => stream('leaves'), vanish, whole, bother];
  const clients = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      await setTimeout(random() * 500);
      return ways[index % ways.length]?.();
    }),
  );
  const served = clients.filter((client) => client?.kind === 'stays' || client?.kind === 'whole');
  expect(served).toHaveLength(80);
  expect(new Set(served.map((client) => client?.text))).toEqual(new Set([reply]));
  expect(await untilQuiet(model)).toMatchObject({ liveSequences: 0, queuedSequences: 0, parkedSequences: 0, unreadParts: 0, failedSequences: 0 });
  expect((await fetch(`${url}/health`)).status).toBe(200);
}, 120_000);

it('memory does not grow with clients that come and go', async () => {
  const model = await scriptedModel({ replies: [{ text: reply }], contextLength: 8192 });
  onTestFinished(() => model.close());
  const { url } = await serve({ models: { small: model } });
  const round = async (): Promise<number> => {
    for (let batch = 0; batch < 10; batch += 1) {
      await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const socket = await rawRequest(url, jsonRequest(path, { messages: hi, stream: true }));
          if (index % 2 === 0) socket.resume();
          await setTimeout(20);
          socket.destroy();
        }),
      );
    }
    await untilQuiet(model);
    for (let times = 0; times < 5; times += 1) {
      await setTimeout(20);
      globalThis.gc?.();
    }
    return process.memoryUsage().heapUsed;
  };
  await round();
  const before = await round();
  await round();
  const after = await round();
  expect(after - before).toBeLessThan(3 * 2 ** 20);
  expect(model.metrics()).toMatchObject({ liveSequences: 0, queuedSequences: 0, parkedSequences: 0 });
}, 120_000);
