import { beforeEach, describe, expect, it } from 'vitest';
import type { CompletionRequest, Model } from '../../src/index.ts';
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

describe('countTokens()', () => {
  it('sends what streamCompletion would, and gives what the engine has counted', async () => {
    const request = { messages: [{ role: 'user', content: 'Hi' }], contextOverflow: 'truncate-oldest' } as const;
    native.countTokensInstead = () => Promise.resolve('{"inputTokens":30,"droppedMessages":2}');
    expect(await model.countTokens(request)).toEqual({ inputTokens: 30, droppedMessages: 2 });
    void model.streamCompletion(request).result();
    expect(native.counted).toEqual([native.requests.get(1)]);
  });

  it('rejects with the error that the engine gives', async () => {
    const error = { code: 'context-overflow', message: 'too long', field: 'messages' };
    native.countTokensInstead = () => Promise.resolve(JSON.stringify({ error }));
    expect(await errorOf(model.countTokens({ prompt: 'Hi' }))).toMatchObject({ ...error, name: 'TramontaneError' });
  });

  it('rejects with engine-failed where the engine breaks or answers nonsense', async () => {
    native.countTokensInstead = () => Promise.reject(new Error('broken'));
    expect(await errorOf(model.countTokens({ prompt: 'Hi' }))).toMatchObject({ code: 'engine-failed', cause: { message: 'broken' } });
    native.countTokensInstead = () => Promise.resolve('no JSON');
    expect(await errorOf(model.countTokens({ prompt: 'Hi' }))).toMatchObject({ code: 'engine-failed' });
  });

  it('rejects a bad request, one whose signal is raised, and one to a closed model, without asking the engine', async () => {
    expect(await errorOf(model.countTokens({ prompt: '' }))).toMatchObject({ code: 'invalid-argument', field: 'prompt' });
    const reason = new Error('gone');
    const aborted = model.countTokens({ prompt: 'Hi', abortSignal: AbortSignal.abort(reason) });
    expect(await errorOf(aborted)).toMatchObject({ code: 'aborted', cause: reason });
    await model.close();
    expect(await errorOf(model.countTokens({ prompt: 'Hi' }))).toMatchObject({ code: 'closed' });
    expect(native.counted).toEqual([]);
  });
});

it('tokenize() and detokenize() ask what was meant, and refuse what cannot be', async () => {
  await model.tokenize('Hi');
  await model.tokenize('', { addSpecialTokens: true });
  await model.detokenize([1, 2]);
  await model.detokenize([], { skipSpecialTokens: true });
  const asked = [
    { task: 'tokenize', text: 'Hi', addSpecialTokens: false },
    { task: 'tokenize', text: '', addSpecialTokens: true },
    { task: 'detokenize', tokens: [1, 2], skipSpecialTokens: false },
    { task: 'detokenize', tokens: [], skipSpecialTokens: true },
  ];
  expect(native.asked).toEqual(asked);
  expect(await errorOf(model.tokenize(1 as never))).toMatchObject({ code: 'invalid-argument', field: 'text' });
  expect(await errorOf(model.tokenize('Hi', { bos: true } as never))).toMatchObject({ field: 'bos' });
  expect(await errorOf(model.detokenize([1, -1]))).toMatchObject({ code: 'invalid-argument', field: 'tokens[1]' });
  expect(await errorOf(model.detokenize('Hi' as never))).toMatchObject({ field: 'tokens' });
  const abortSignal = AbortSignal.abort();
  expect(await errorOf(model.renderPrompt({ prompt: 'Hi', abortSignal }))).toMatchObject({ code: 'aborted' });
  await model.close();
  expect(await errorOf(model.tokenize('Hi'))).toMatchObject({ code: 'closed' });
  expect(native.asked).toEqual(asked);
});

describe('streamChoices()', () => {
  const seedsOf = (request: CompletionRequest, count: number) => {
    for (const stream of model.streamChoices(request, count)) void stream.result();
    return [...native.requests.values()].map(({ seed }) => seed);
  };

  it('gives streams with the seeds that follow', () => {
    expect(seedsOf({ prompt: 'Hi', seed: 7 }, 3)).toEqual([7, 8, 9]);
  });

  it('counts seeds modulo 2^53', () => {
    expect(seedsOf({ prompt: 'Hi', seed: 2 ** 53 - 2 }, 4)).toEqual([2 ** 53 - 2, 2 ** 53 - 1, 0, 1]);
  });

  it('leaves each to draw its own where there is none', () => {
    expect(seedsOf({ prompt: 'Hi' }, 2)).toEqual([undefined, undefined]);
  });

  it('sends otherwise the same, as it was when they were made', () => {
    const tokens = [1, 2];
    const streams = model.streamChoices({ tokens, seed: 1, bannedTokens: [5] }, 2);
    tokens.push(3);
    for (const stream of streams) void stream.result();
    const [one, two] = native.requests.values();
    expect(one).toMatchObject({ prompt: { tokens: [1, 2] }, bannedTokens: [5] });
    expect({ ...two, seed: 1 }).toEqual(one);
  });

  it('gives streams that can each be left', async () => {
    const [one, two] = model.streamChoices({ prompt: 'Hi' }, 2);
    const results = [one?.result(), two?.result()];
    one?.cancel();
    native.finish(2);
    expect(await Promise.all(results)).toMatchObject([{ finishReason: 'aborted' }, { finishReason: 'stop' }]);
  });

  it('throws what is wrong with the request from reading, and what is wrong with the count at once', async () => {
    const streams = model.streamChoices({ prompt: '' }, 2);
    for (const stream of streams) expect(await errorOf(stream.result())).toMatchObject({ field: 'prompt' });
    for (const count of [0, 129, 1.5, undefined, null]) {
      expect(() => model.streamChoices({ prompt: 'Hi' }, count as number)).toThrow(
        expect.objectContaining({ code: 'invalid-argument', field: 'count' }),
      );
    }
  });
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
