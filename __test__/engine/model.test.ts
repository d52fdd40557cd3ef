import { beforeEach, describe, expect, it } from 'vitest';
import type { Model } from '../../src/index.ts';
import type { FakeNativeModel } from '../support/fake-native-model.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { errorOf, readAll } from '../support/read-stream.ts';

let model: Model;
let native: FakeNativeModel;
beforeEach(async () => {
  ({ model, native } = await openFakeModel());
});

it('streamPrompt, streamChat and streamCompletion send their prompts', () => {
  void model.streamPrompt('Hi').result();
  void model.streamChat([{ role: 'system', content: 'Be brief.' }]).result();
  void model.streamCompletion({ prompt: 'Once', seed: 7 }).result();
  void model.streamCompletion({ tokens: [1, 2] }).result();
  expect([...native.requests.values()]).toMatchObject([
    { prompt: { messages: [{ role: 'user', content: 'Hi' }] } },
    { prompt: { messages: [{ role: 'system', content: 'Be brief.' }] } },
    { prompt: { text: 'Once' }, seed: 7 },
    { prompt: { tokens: [1, 2] } },
  ]);
});

it('metrics() are those of the engine, also after close()', async () => {
  expect(model.metrics()).toEqual({ liveSequences: 0, unreadParts: 0 });
  await model.close();
  expect(model.metrics().liveSequences).toBe(0);
});

it('metrics() throws engine-failed where the engine does not answer', () => {
  native.metrics = () => 'no JSON';
  expect(() => model.metrics()).toThrow(expect.objectContaining({ code: 'engine-failed' }));
});

describe('close()', () => {
  it('closes once, however often it is called', async () => {
    expect(model.close()).toBe(model.close());
    await model.close();
    await model[Symbol.asyncDispose]();
    expect(native.closeCalls).toBe(1);
  });

  it('happens at the end of an await using scope', async () => {
    {
      await using scoped = model;
      void scoped.info;
    }
    expect(native.closeCalls).toBe(1);
  });

  it('delivers everything first, over as many turns as it takes', async () => {
    native.drainLimit = 1;
    const read = readAll(model.streamPrompt('Hi').textStream);
    native.write(1, 'a', 'b', 'c');
    await model.close();
    expect(await Promise.race([read, 'unread'])).toEqual(['a', 'b', 'c']);
  });

  it('ends the streams that got no last part with engine-failed', async () => {
    native.close = () => Promise.resolve();
    const error = errorOf(model.streamPrompt('Hi').result());
    await model.close();
    expect(await error).toMatchObject({ code: 'engine-failed' });
  });

  it('rejects with engine-failed where the engine fails to close, and ends the streams all the same', async () => {
    native.close = () => Promise.reject(new Error('stuck'));
    const error = errorOf(model.streamPrompt('Hi').result());
    expect(await errorOf(model.close())).toMatchObject({ code: 'engine-failed', cause: { message: 'stuck' } });
    expect(await error).toMatchObject({ code: 'engine-failed' });
  });
});
