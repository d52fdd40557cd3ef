import type { RequestListener } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { poolModels } from '../../src/index.ts';
import { PoolMember, chooseMember } from '../../src/remote/pool-member.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { errorOf, readUntilError } from '../support/read-stream.ts';
import { beginEvents, connectTiny, loopback } from '../support/remote/loopback.ts';
import { ending, sse } from '../support/remote/tiny-dialect.ts';
import { collectUntil, turns } from '../support/turns.ts';

const saying =
  (text: string, afterMs = 0): RequestListener =>
  (_, response) =>
    void setTimeout(afterMs).then(() => beginEvents(response).end(sse({ text }) + ending));
const failing =
  (status: number, headers = {}): RequestListener =>
  (_, response) =>
    void response.writeHead(status, headers).end('no');
const silent: RequestListener = () => {};
/** Says something, and waits for ever. */
const beginning: RequestListener = (_, response) => void beginEvents(response).write(sse({ text: 'begun' }));

async function serving(...answers: RequestListener[]) {
  const servers = await Promise.all(answers.map((answer) => loopback(answer)));
  return { servers, models: servers.map(({ url }) => connectTiny(url)) };
}

describe('a pool', () => {
  it.each([429, 500, 503, 401, 404])('asks the next member where one fails with status %i before its answer', async (status) => {
    const { servers, models } = await serving(failing(status), saying('second'));
    const pool = poolModels(models);
    expect((await pool.streamPrompt('Hi').result()).text).toBe('second');
    expect(pool.health()).toMatchObject([{ state: 'resting', failures: 1, outstanding: 0 }, { state: 'healthy', outstanding: 0 }]);
    expect(servers.map(({ requests }) => requests.length)).toEqual([1, 1]);
    // The one that failed is left alone for now.
    await pool.streamPrompt('Hi').result();
    expect(servers.map(({ requests }) => requests.length)).toEqual([1, 2]);
  });

  it('throws the last error where all members fail', async () => {
    const { models } = await serving(failing(503), failing(401));
    expect(await errorOf(poolModels(models).streamPrompt('Hi').result())).toMatchObject({ code: 'unauthorized' });
  });

  it('throws what is wrong with the request, without asking others', async () => {
    const { servers, models } = await serving(saying('a'), saying('b'));
    const pool = poolModels(models);
    expect(await errorOf(pool.streamCompletion({ tokens: [1] }).result())).toMatchObject({ field: 'tokens' });
    expect(await errorOf(pool.streamPrompt('').result())).toMatchObject({ field: 'prompt' });
    expect(servers.flatMap(({ requests }) => requests)).toEqual([]);
    expect(pool.health().every(({ state }) => state === 'healthy')).toBe(true);
  });

  it('stays with a member once something of its answer has come', async () => {
    const { servers, models } = await serving((_, response) => {
      beginEvents(response).write(sse({ text: 'half' }), () => void setTimeout(30).then(() => response.destroy()));
    }, saying('other'));
    const pool = poolModels(models, { hedgeAfterMs: 10 });
    const { values, error } = await readUntilError(pool.streamPrompt('Hi').textStream);
    expect(values).toEqual(['half']);
    expect(error).toMatchObject({ code: 'connection-lost', partial: { text: 'half' } });
    expect(servers[1]?.requests).toHaveLength(0);
    expect(pool.health()[0]).toMatchObject({ state: 'resting', outstanding: 0 });
  });

  it('asks a second member where the first takes too long, and leaves the slower one', async () => {
    const { servers, models } = await serving(silent, saying('quick'));
    const pool = poolModels(models, { hedgeAfterMs: 30 });
    expect((await pool.streamPrompt('Hi').result()).text).toBe('quick');
    await servers[0]?.untilNoSockets();
    expect(servers[0]?.sockets.size).toBe(0);
    expect(pool.health()).toMatchObject([{ state: 'healthy', outstanding: 0 }, { state: 'healthy', outstanding: 0 }]);
    expect(models[0]?.metrics()).toMatchObject({ liveSequences: 0, abortedSequences: 1 });
  });

  it('takes the first member all the same where it answers before the second', async () => {
    const { servers, models } = await serving(saying('first', 120), silent);
    expect((await poolModels(models, { hedgeAfterMs: 30 }).streamPrompt('Hi').result()).text).toBe('first');
    expect(servers[1]?.requests).toHaveLength(1);
    await servers[1]?.untilNoSockets();
    expect(servers[1]?.sockets.size).toBe(0);
  });

  it('spreads streams over its members', async () => {
    const { servers, models } = await serving(beginning, beginning, beginning);
    const pool = poolModels(models);
    const streams = Array.from({ length: 6 }, () => pool.streamPrompt('Hi'));
    for (const stream of streams) await stream[Symbol.asyncIterator]().next();
    expect(servers.map(({ requests }) => requests.length)).toEqual([2, 2, 2]);
    expect(pool.health().map(({ outstanding }) => outstanding)).toEqual([2, 2, 2]);
    for (const stream of streams) stream.cancel();
    for (const stream of streams) expect(await stream.result()).toMatchObject({ finishReason: 'aborted', text: 'begun' });
    expect(pool.health().map(({ outstanding }) => outstanding)).toEqual([0, 0, 0]);
    expect(pool.metrics()).toMatchObject({ liveSequences: 0, abortedSequences: 6 });
  });

  it('cancels its members when it is left, before an answer and in the middle of one', async () => {
    const { servers, models } = await serving(silent, silent);
    const stream = poolModels(models, { hedgeAfterMs: 5 }).streamPrompt('Hi');
    const result = stream.result();
    while (servers.some(({ requests }) => requests.length === 0)) await setTimeout(5);
    stream.cancel();
    expect((await result).finishReason).toBe('aborted');
    for (const server of servers) {
      await server.untilNoSockets();
      expect(server.sockets.size).toBe(0);
    }
  });

  it('cancels its member when the stream was let go of', async () => {
    const { servers, models } = await serving(beginning);
    const pool = poolModels(models);
    await (async () => void (await pool.streamPrompt('Hi')[Symbol.asyncIterator]().next()))();
    await collectUntil(() => servers[0]?.sockets.size === 0);
    expect(servers[0]?.sockets.size).toBe(0);
  });

  it('holds its member back by pause(), and by being read slowly', async () => {
    const { models } = await serving(beginning);
    const stream = poolModels(models).streamPrompt('Hi');
    await stream[Symbol.asyncIterator]().next();
    stream.pause();
    expect(models[0]?.metrics()).toMatchObject({ liveSequences: 0, parkedSequences: 1 });
    stream.resume();
    expect(models[0]?.metrics()).toMatchObject({ liveSequences: 1, parkedSequences: 0 });
    stream.cancel();
  });

  it('may have a model of this process as a member, whose cancelled streams tell what they used', async () => {
    const { model, native } = await openFakeModel();
    const { models } = await serving(saying('remote'));
    const pool = poolModels([model, ...models], { hedgeAfterMs: 20 });
    // The local one is slow, so the remote one answers, and the local sequence is freed.
    expect((await pool.streamPrompt('Hi', { maxOutputTokens: 5 }).result()).text).toBe('remote');
    expect(native.cancelled).toEqual([1]);
    const stream = pool.streamPrompt('Hi');
    const first = stream[Symbol.asyncIterator]().next();
    await turns();
    native.write(2, 'a');
    await first;
    stream.cancel();
    expect(await stream.result()).toMatchObject({ finishReason: 'aborted', usage: { inputTokens: expect.any(Number) } });
    await pool.close();
  });

  it('refuses what are no models', () => {
    expect(() => poolModels([])).toThrow(expect.objectContaining({ field: 'members' }));
    expect(() => poolModels([{} as never])).toThrow(expect.objectContaining({ field: 'members[0]' }));
    expect(() => poolModels([connectTiny('http://127.0.0.1:1')], { hedgeAfterMs: -1 })).toThrow(expect.objectContaining({ field: 'hedgeAfterMs' }));
  });
});

describe('a member', () => {
  const memberAt = (clock: { now: number }) => new PoolMember(connectTiny('http://127.0.0.1:1'), () => clock.now, () => 1);

  it('rests longer after each failure, and is well again after one success', () => {
    const clock = { now: 0 };
    const member = memberAt(clock);
    const rests = Array.from({ length: 8 }, () => {
      member.failed(undefined);
      return member.health.restMs;
    });
    expect(rests).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    member.failed(1234);
    expect(member.health).toMatchObject({ state: 'resting', restMs: 1234, failures: 9 });
    member.succeeded();
    expect(member.health).toMatchObject({ state: 'healthy', restMs: 0, failures: 0 });
  });

  it('takes one stream at a time after its rest, until one has succeeded', () => {
    const clock = { now: 0 };
    const member = memberAt(clock);
    member.failed(undefined);
    expect(member.available).toBe(false);
    clock.now = 1000;
    expect(member.health.state).toBe('probing');
    expect(member.available).toBe(true);
    const end = member.begin();
    expect(member.available).toBe(false);
    end();
    expect(member.available).toBe(true);
    const other = member.begin();
    member.succeeded();
    expect(member.available).toBe(true);
    other();
    expect(member.health).toMatchObject({ state: 'healthy', outstanding: 0 });
  });

  it('is chosen for having the fewest streams, then for being first, and resting only where all are', () => {
    const clock = { now: 0 };
    const [one, two, three] = [memberAt(clock), memberAt(clock), memberAt(clock)];
    const all = [one, two, three];
    const tried = new Set<PoolMember>();
    expect(chooseMember(all, tried)).toBe(one);
    one.begin();
    expect(chooseMember(all, tried)).toBe(two);
    two.failed(500);
    expect(chooseMember(all, tried)).toBe(three);
    three.failed(400);
    one.failed(600);
    expect(chooseMember(all, tried)).toBe(three);
    expect(chooseMember(all, new Set([three]))).toBe(two);
    expect(chooseMember(all, new Set(all))).toBeUndefined();
  });
});
