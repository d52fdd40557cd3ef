import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { tramontane } from '../../src/ai-sdk/index.ts';
import type { Model } from '../../src/index.ts';
import { scriptedModel } from '../../src/testing/index.ts';
import type { ScriptedReply } from '../../src/testing/index.ts';
import { readAll } from '../support/read-stream.ts';
import { collectUntil } from '../support/turns.ts';
import { untilQuiet } from '../support/until-quiet.ts';
import { userAsks } from './parts-model.ts';

let model: Model;
afterEach(() => model.close());

const long: ScriptedReply = { text: 'All the winds, one after another. '.repeat(60), stepMs: 2 };
const nothing = { liveSequences: 0, queuedSequences: 0, parkedSequences: 0 };

async function load(reply: ScriptedReply = long): Promise<ReturnType<typeof tramontane>> {
  model = await scriptedModel({ replies: [reply] });
  return tramontane(model);
}

describe('aborting a call', () => {
  it.each([['a word'], [new Error('left')], [undefined], [new DOMException('late', 'TimeoutError')]])(
    'in mid-stream errors its stream with an AbortError and frees the sequence (reason %s)',
    async (reason) => {
      const asked = await load();
      const controller = new AbortController();
      const { stream } = await asked.doStream({ prompt: userAsks, abortSignal: controller.signal });
      const reader = stream.getReader();
      for (let count = 0; count < 6; count += 1) await reader.read();
      const pending = reader.read();
      controller.abort(reason);
      // What was on its way when the signal was raised may still come.
      const error: unknown = await pending.then(() => reader.read()).then(() => undefined, (thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({ name: 'AbortError', cause: controller.signal.reason });
      expect(await untilQuiet(model)).toMatchObject({ ...nothing, abortedSequences: 1 });
    },
  );

  it('that nobody reads any more frees the sequence too', async () => {
    const asked = await load();
    const controller = new AbortController();
    const { stream } = await asked.doStream({ prompt: userAsks, abortSignal: controller.signal });
    // As the AI SDK does: of a tee, one branch is left and the other is not read.
    const [left] = stream.tee();
    await left.getReader().read();
    controller.abort();
    expect(await untilQuiet(model)).toMatchObject(nothing);
  });

  it('while it waits for its first part rejects it', async () => {
    const asked = await load({ text: 'late', prefillMs: 400 });
    const controller = new AbortController();
    const asking = asked.doStream({ prompt: userAsks, abortSignal: controller.signal });
    setTimeout(() => controller.abort('enough'), 20);
    await expect(asking).rejects.toMatchObject({ name: 'AbortError', cause: 'enough' });
    expect(await untilQuiet(model)).toMatchObject(nothing);
  });

  it('before it begins never asks the model', async () => {
    const asked = await load();
    const abortSignal = AbortSignal.abort('no');
    await expect(asked.doStream({ prompt: userAsks, abortSignal })).rejects.toMatchObject({ name: 'AbortError' });
    await expect(asked.doGenerate({ prompt: userAsks, abortSignal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(model.metrics().totalSequences).toBe(0);
  });

  it('without a stream rejects it', async () => {
    const asked = await load();
    const abortSignal = AbortSignal.timeout(40);
    await expect(asked.doGenerate({ prompt: userAsks, abortSignal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(await untilQuiet(model)).toMatchObject(nothing);
  });

  it('after its end changes nothing', async () => {
    const asked = await load({ text: 'short' });
    const controller = new AbortController();
    const { stream } = await asked.doStream({ prompt: userAsks, abortSignal: controller.signal });
    expect((await readAll(stream)).at(-1)).toMatchObject({ type: 'finish', finishReason: { unified: 'stop' } });
    controller.abort();
    expect(model.metrics()).toMatchObject({ abortedSequences: 0, finishedSequences: 1 });
  });
});

describe('leaving the stream of a call', () => {
  it('by cancel() frees the sequence', async () => {
    const asked = await load();
    const { stream } = await asked.doStream({ prompt: userAsks });
    const reader = stream.getReader();
    for (let count = 0; count < 4; count += 1) await reader.read();
    await reader.cancel();
    expect(await untilQuiet(model)).toMatchObject({ ...nothing, abortedSequences: 1 });
  });

  it('by break frees the sequence, with a read still pending', async () => {
    const asked = await load();
    const { stream } = await asked.doStream({ prompt: userAsks });
    for await (const part of stream) if (part.type === 'text-delta') break;
    expect(await untilQuiet(model)).toMatchObject(nothing);
  });

  it('unread frees the sequence by cancel() as well', async () => {
    const asked = await load();
    const { stream } = await asked.doStream({ prompt: userAsks });
    await stream.cancel();
    expect(await untilQuiet(model)).toMatchObject(nothing);
  });
});

it('a stream that is let go of frees the sequence, however long its signal lives', async () => {
  const asked = await load();
  const { signal } = new AbortController();
  const begin = async () => {
    const { stream } = await asked.doStream({ prompt: userAsks, abortSignal: signal });
    await stream.getReader().read();
  };
  await begin();
  expect(model.metrics()).toMatchObject({ liveSequences: 1 });
  await collectUntil(() => model.metrics().liveSequences === 0);
  expect(await untilQuiet(model)).toMatchObject({ ...nothing, abortedSequences: 1 });
  expect(signal.aborted).toBe(false);
});

it('a slow reader pauses the generation, and loses nothing', async () => {
  const asked = await load({ text: 'One after another. '.repeat(40), stepMs: 1 });
  const { stream } = await asked.doStream({ prompt: userAsks, providerOptions: { tramontane: { maxBufferedParts: 4 } } });
  for (let left = 500; left > 0 && model.metrics().parkedSequences === 0; left -= 1) await sleep(5);
  expect(model.metrics()).toMatchObject({ parkedSequences: 1, liveSequences: 0 });
  const deltas = (await readAll(stream)).flatMap((part) => (part.type === 'text-delta' ? [part.delta] : []));
  expect(deltas.join('')).toBe('One after another. '.repeat(40));
});

it('a model that is closed ends the streams of its calls', async () => {
  const asked = await load();
  const { stream } = await asked.doStream({ prompt: userAsks });
  const reading = readAll(stream);
  await model.close();
  expect((await reading).at(-1)).toMatchObject({ type: 'finish', finishReason: { unified: 'other', raw: 'aborted' } });
  await expect(asked.doStream({ prompt: userAsks })).rejects.toMatchObject({ code: 'closed', isRetryable: false });
});
