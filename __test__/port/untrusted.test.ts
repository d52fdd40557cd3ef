import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { beforeEach, describe, expect, it } from 'vitest';
import { connectPort, serveModel } from '../../src/port/index.ts';
import type { PortService } from '../../src/port/index.ts';
import type { FakeNativeModel } from '../support/fake-native-model.ts';
import { timings, usage } from '../support/fake-native-model.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { connectTo, connectToFake, until } from '../support/port-pair.ts';
import { randomFrom } from '../support/random.ts';
import { errorOf } from '../support/read-stream.ts';
import { turns } from '../support/turns.ts';

const nonsense: readonly unknown[] = [undefined, null, 0, -1, 1.5, NaN, 2 ** 33, '', '1', 'x', true, [], [[]], [1], [[1, 'x']], [[1, -5]], {}, { length: 3 }, new Map([[1, 2]]), 10n, new Date(0)];
const fields = ['streamId', 'request', 'counts', 'parts', 'positions', 'metrics', 'info', 'error'];

/** Messages of every type with fields that are anything. */
function damaged(types: readonly string[], seed: number, count: number): object[] {
  const random = randomFrom(seed);
  const pick = <Value>(values: readonly Value[]) => values[Math.floor(random() * values.length)] as Value;
  return Array.from({ length: count }, () => ({
    tramontane: 1,
    type: pick(types),
    ...Object.fromEntries(fields.filter(() => random() < 0.5).map((field) => [field, pick(nonsense)])),
  }));
}

describe('a reading side that is not to be trusted', () => {
  let port: MessagePort;
  let native: FakeNativeModel;
  let service: PortService;
  let answers: { readonly type: string; readonly parts?: [number, Record<string, unknown>][]; readonly error?: object }[];
  const say = (type: string, more: object = {}) => port.postMessage({ tramontane: 1, type, ...more });
  const lastPart = () => answers.flatMap(({ parts = [] }) => parts).at(-1);
  beforeEach(async () => {
    const { port1, port2 } = new MessageChannel();
    const opened = await openFakeModel();
    native = opened.native;
    service = serveModel(port1, opened.model);
    port = port2;
    answers = [];
    port.on('message', (message: (typeof answers)[number]) => answers.push(message));
    return () => service.close();
  });

  it.each([
    ['is no JSON', '{', 'request'],
    ['is no text', { prompt: 'Hi' }, 'request'],
    ['is no object', '[1]', 'request'],
    ['has a wrong option', '{"prompt":"Hi","temperature":-1}', 'temperature'],
    ['has an unknown option', '{"prompt":"Hi","__proto__":{"a":1}}', '__proto__'],
    ['has no prompt', '{}', 'prompt'],
    ['has another prompt', '{"messages":[{"role":"root","content":"x"}]}', 'messages[0].role'],
  ])('gets an error for a request that %s', async (_, request, field) => {
    say('start', { streamId: 7, request });
    await until(() => lastPart() !== undefined);
    expect(lastPart()).toMatchObject([7, { type: 'error', error: { code: 'invalid-argument', field } }]);
    expect(service.liveStreams).toBe(0);
    expect(native.requests.size).toBe(0);
  });

  it('decides neither how much waits here nor what is watched here', async () => {
    say('start', { streamId: 1, request: JSON.stringify({ prompt: 'Hi', maxBufferedParts: 1e9, bufferPolicy: 'buffer', idleTimeoutMs: 1, abortSignal: 5 }) });
    await until(() => native.live.length === 1);
    for (let written = 0; written < 2000; written += 1) native.write(1, 'x');
    await until(() => native.paused.has(1) && lastPart() !== undefined);
    await turns(10);
    expect(answers.flatMap(({ parts = [] }) => parts)).toHaveLength(256);
  });

  it('cannot use a number twice', async () => {
    say('start', { streamId: 1, request: '{"prompt":"Hi"}' });
    say('start', { streamId: 1, request: '{"prompt":"Ho"}' });
    await until(() => native.live.length === 1);
    await turns(5);
    expect(native.requests.size).toBe(1);
  });

  it('does no harm with messages that make no sense', async () => {
    for (const message of [...nonsense, ...damaged(['hello', 'start', 'taken', 'cancel', 'pause', 'resume', 'measure', 'parts', 'x'], 1, 3000)]) port.postMessage(message);
    port.postMessage({ tramontane: NaN, type: 'start' });
    say('hello');
    await until(() => answers.some(({ type }) => type === 'welcome'));
    for (const streamId of native.live) native.finish(streamId);
    say('start', { streamId: 99, request: '{"prompt":"Hi"}' });
    await until(() => native.live.length === 1);
    const [streamId = 0] = native.live;
    native.write(streamId, 'still here');
    await until(() => lastPart()?.[1]['type'] === 'text-delta');
    expect(lastPart()).toEqual([99, { type: 'text-delta', delta: 'still here' }]);
  });

  it('is told where it speaks another version', async () => {
    port.postMessage({ tramontane: 2, type: 'hello' });
    await until(() => answers.some(({ type }) => type === 'refused'));
    expect(answers.at(-1)?.error).toMatchObject({ code: 'remote-failed', message: expect.stringContaining('version 2') as string });
    port.postMessage({ tramontane: 2, type: 'start', streamId: 1, request: '{"prompt":"Hi"}' });
    await turns(5);
    expect(native.requests.size).toBe(0);
  });
});

describe('a side with the model that is not to be trusted', () => {
  const welcome = { tramontane: 1, type: 'welcome', info: { model: 'odd' }, metrics: {} };

  it('fails the stream of a part that cannot be read, and no other', async () => {
    const { port1, port2 } = new MessageChannel();
    const connecting = connectPort(port2);
    port1.postMessage(welcome);
    const model = await connecting;
    const [bad, good] = [errorOf(model.streamPrompt('Hi').result()), model.streamPrompt('Ho').result()];
    const finish = { type: 'finish', finishReason: 'stop', usage, timings };
    port1.postMessage({ tramontane: 1, type: 'parts', parts: [[1, { type: 'text-delta', delta: 'a' }], [1, { type: 'text-delta', delta: 5 }], [2, { type: 'text-delta', delta: 'b' }], [2, finish], [2, finish], [3, finish]] });
    expect(await bad).toMatchObject({ code: 'remote-failed', message: expect.stringContaining('delta must be a string') as string, partial: { text: 'a' } });
    expect(await good).toMatchObject({ text: 'b' });
    await model.close();
  });

  it('does no harm with messages that make no sense', async () => {
    const { port1, port2 } = new MessageChannel();
    const connecting = connectPort(port2);
    for (const message of nonsense) port1.postMessage(message);
    port1.postMessage(welcome);
    const model = await connecting;
    for (const message of damaged(['welcome', 'parts', 'queued', 'metrics', 'start', 'x'], 2, 3000)) port1.postMessage(message);
    port1.postMessage({ tramontane: 1, type: 'metrics', metrics: { liveSequences: 42 } });
    await until(() => model.metrics().liveSequences === 42);
    const result = model.streamPrompt('Hi').result();
    port1.postMessage({ tramontane: 1, type: 'parts', parts: [[1, { type: 'text-delta', delta: 'fine' }], [1, { type: 'finish', finishReason: 'stop', usage, timings }]] });
    expect(await result).toMatchObject({ text: 'fine' });
    await model.close();
  });

  it.each([
    [{ tramontane: 2, type: 'welcome' }, 'remote-failed'],
    [{ tramontane: 3, type: 'refused', error: { code: 'model-not-found', message: 'no such model' } }, 'model-not-found'],
    [{ tramontane: 1, type: 'refused', error: 7 }, 'remote-failed'],
    [{ tramontane: 1, type: 'bye' }, 'connection-failed'],
  ])('that answers %j is refused with code %j', async (answer, code) => {
    const { port1, port2 } = new MessageChannel();
    const connecting = errorOf(connectPort(port2));
    port1.postMessage(answer);
    expect(await connecting).toMatchObject({ code });
  });
});

it('messages of others pass through a port that both use', async () => {
  const { model, readerPort, serverPort, native } = await connectToFake();
  const heard: unknown[] = [];
  serverPort.on('message', (message) => typeof message === 'string' && heard.push(message));
  readerPort.postMessage('mine');
  const result = model.streamPrompt('Hi').result();
  await until(() => native.live.length === 1);
  native.finish(1);
  await result;
  expect(heard).toEqual(['mine']);
  await model.close();
});

it('what a model gives that no port can carry ends the connection, and hangs nothing', async () => {
  const { model: served, native } = await openFakeModel();
  const odd = { ...served.info, model: 'odd', loader: () => {} };
  const { port1, port2 } = new MessageChannel();
  serveModel(port1, Object.assign(Object.create(served) as typeof served, { info: odd }));
  expect(await errorOf(connectPort(port2))).toMatchObject({ code: 'connection-failed' });
  expect(native.live).toEqual([]);
  // Nor over what cannot be closed by itself, as a worker.
  const channel = new MessageChannel();
  const worker = { postMessage: (message: unknown) => channel.port1.postMessage(message), on: channel.port1.on.bind(channel.port1), off: channel.port1.off.bind(channel.port1) };
  serveModel(worker, Object.assign(Object.create(served) as typeof served, { info: odd }));
  expect(await errorOf(connectPort(channel.port2))).toMatchObject({ code: 'connection-failed' });
  const fine = await connectTo(served);
  await fine.model.close();
});
