import { describe, expect, it } from 'vitest';
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { openServer } from '../../support/server/open-server.ts';

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const got: Value[] = [];
  for await (const value of values) got.push(value);
  return got;
}

describe('a response in the background', () => {
  it('runs without a client, and is polled', async () => {
    await using server = await openServer([{ text: 'Hello there', stepMs: 5, prefillMs: 20 }]);
    const { id, status } = await server.client.responses.create({ model: 'test', input: 'Hi', background: true });
    expect(status).toBe('queued');
    const statuses = new Set<unknown>();
    await expect.poll(async () => {
      const response = await server.client.responses.retrieve(id);
      statuses.add(response.status);
      return response.status;
    }).toBe('completed');
    expect(statuses).toContain('in_progress');
    expect((await server.client.responses.retrieve(id)).output_text).toBe('Hello there');
  });

  it('is left and taken up again after any event', async () => {
    await using server = await openServer(['<think>Hm</think>Hello there']);
    const events = await all(await server.client.responses.create({ model: 'test', input: 'Hi', background: true, stream: true }));
    const [first] = events;
    const id = first?.type === 'response.created' ? first.response.id : '';
    expect(events.at(-1)).toMatchObject({ type: 'response.completed' });
    for (const at of events.keys()) {
      const rest = await all(await server.client.responses.retrieve(id, { stream: true, starting_after: at }));
      expect(rest).toEqual(events.slice(at + 1));
    }
    expect(await all(await server.client.responses.retrieve(id, { stream: true }))).toEqual(events);
  });

  it('goes on when its reader has gone, and ends when it is cancelled', async () => {
    await using server = await openServer([{ text: 'x'.repeat(3000), stepMs: 2 }]);
    const stream = await server.client.responses.create({ model: 'test', input: 'Hi', background: true, stream: true });
    let first: ResponseStreamEvent | undefined;
    for await (const event of stream) {
      first ??= event;
      if (event.type === 'response.output_text.delta') break;
    }
    const id = first?.type === 'response.created' ? first.response.id : '';
    expect((await server.client.responses.retrieve(id)).status).toBe('in_progress');
    await expect(server.client.responses.create({ model: 'test', input: 'Hi', previous_response_id: id })).rejects.toMatchObject({ status: 400 });
    const cancelled = await server.client.responses.cancel(id);
    expect(cancelled.status).toBe('cancelled');
    expect(server.model.metrics().liveSequences).toBe(0);
    const kept = await server.client.responses.retrieve(id);
    expect(kept.status).toBe('cancelled');
    expect(kept.output_text).toMatch(/^x+$/);
    const events = await all(await server.client.responses.retrieve(id, { stream: true }));
    expect(events.at(-1)).toMatchObject({ type: 'response.incomplete', response: { status: 'cancelled' } });
  });

  it('tells by its status that it failed, a request that cannot be run included', async () => {
    await using server = await openServer([{ text: 'Hello there', failAfterTokens: 3 }]);
    for (const input of ['Hi', 'x'.repeat(5000)]) {
      const { id } = await server.client.responses.create({ model: 'test', input, background: true });
      await expect.poll(async () => (await server.client.responses.retrieve(id)).status).toBe('failed');
      const code = input === 'Hi' ? 'engine_failed' : 'context_length_exceeded';
      expect((await server.client.responses.retrieve(id)).error).toMatchObject({ code });
    }
  });

  it('is gone once it is deleted', async () => {
    await using server = await openServer([{ text: 'x'.repeat(3000), stepMs: 2 }]);
    const { id } = await server.client.responses.create({ model: 'test', input: 'Hi', background: true });
    await server.client.responses.delete(id);
    await expect.poll(() => server.model.metrics().liveSequences).toBe(0);
    await expect(server.client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });

  it('is cancelled with its server', async () => {
    const server = await openServer([{ text: 'x'.repeat(3000), stepMs: 2 }]);
    await server.client.responses.create({ model: 'test', input: 'Hi', background: true });
    await expect.poll(() => server.model.metrics().liveSequences).toBe(1);
    await server[Symbol.asyncDispose]();
    expect(server.model.metrics().generatedTokens).toBeLessThan(3000);
  });

  it('needs to be kept', async () => {
    await using server = await openServer(['Hi']);
    await expect(server.client.responses.create({ model: 'test', input: 'Hi', background: true, store: false })).rejects.toMatchObject({ status: 400, param: 'store' });
  });

  it('cannot be taken up where it was not made to be', async () => {
    await using server = await openServer(['Hi']);
    const { id } = await server.client.responses.create({ model: 'test', input: 'Hi' });
    await expect(server.client.responses.retrieve(id, { stream: true })).rejects.toMatchObject({ status: 410, param: 'stream' });
    await expect(server.client.responses.cancel(id)).resolves.toMatchObject({ status: 'completed' });
  });
});
