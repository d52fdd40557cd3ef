import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createAgent, tool } from '../../src/index.ts';
import type { AgentStream, GenerationStream, Model } from '../../src/index.ts';
import type { FakeNativeModel } from '../support/fake-native-model.ts';
import { usage } from '../support/fake-native-model.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { part } from '../support/parts.ts';
import { errorOf, readAll } from '../support/read-stream.ts';
import { turnModel } from '../support/turn-model.ts';
import { collectUntil, turns } from '../support/turns.ts';
import { unhandledWhile } from '../support/unhandled-while.ts';

const call = part.tool(0, 'a', 'work', {});
const asks = [call, part.finish('tool-calls')];

/** A tool that never ends, and what it was told. */
function hanging() {
  const told: { signal?: AbortSignal } = {};
  const work = tool({
    name: 'work',
    inputSchema: {},
    timeoutMs: 0,
    execute: (_, { abortSignal }) => {
      told.signal = abortSignal;
      return new Promise(() => {});
    },
  });
  return { work, told };
}

const leaves: [string, (stream: AgentStream, iterator: AsyncIterator<unknown>, controller: AbortController) => unknown][] = [
  ['return()', (_, iterator) => iterator.return?.()],
  ['throw()', (_, iterator) => iterator.throw?.(new Error('mine')).catch(() => {})],
  ['cancel()', (stream) => stream.cancel()],
  ['abortSignal', (_stream, _iterator, controller) => controller.abort(new Error('mine'))],
  ['dispose', (stream) => stream[Symbol.asyncDispose]()],
];

describe.each(leaves)('a run that is left by %s', (way, leave) => {
  /** Reads until `reached` holds, leaves with a read pending, and gives what the run came to. */
  async function leaveWhen(stream: AgentStream, controller: AbortController, reached: () => boolean) {
    const iterator = stream[Symbol.asyncIterator]();
    let pending: Promise<unknown> = Promise.resolve();
    for (let reads = 0; reads < 20 && !reached(); reads += 1) {
      pending = iterator.next();
      await Promise.race([pending, turns(5)]);
    }
    expect(reached()).toBe(true);
    await leave(stream, iterator, controller);
    await pending;
    return stream.result();
  }

  it('while the model writes ends the answer, with its tokens counted', async () => {
    const { model, native } = await openFakeModel();
    const controller = new AbortController();
    const stream = createAgent({ model }).streamPrompt('Hi', { abortSignal: controller.signal });
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    await turns();
    native.write(1, 'Hel');
    await first;
    const pending = iterator.next();
    await turns();
    const unhandled = await unhandledWhile(async () => {
      await leave(stream, iterator, controller);
      await turns();
    });
    expect(native.cancelled).toEqual([1]);
    await pending;
    const result = await stream.result();
    expect(result).toMatchObject({ text: 'Hel', finishReason: 'aborted', endedBy: 'cancel' });
    expect(result.messages).toEqual([{ role: 'assistant', content: 'Hel' }]);
    expect(result.timings.stopMs).not.toBeNull();
    expect(unhandled).toEqual([]);
  });

  it('while a tool runs raises its signal and does not wait for it', async () => {
    const { work, told } = hanging();
    const model = turnModel([['Hm.', ...asks], ['never']]);
    const controller = new AbortController();
    const stream = createAgent({ model, tools: [work] }).streamPrompt('Hi', { abortSignal: controller.signal });
    const result = await leaveWhen(stream, controller, () => told.signal !== undefined);
    expect(told.signal?.reason).toMatchObject(way === 'abortSignal' ? { message: 'mine' } : { name: 'AbortError' });
    expect(result).toMatchObject({ text: 'Hm.', finishReason: 'aborted', endedBy: 'cancel', usage });
    expect(result.messages).toMatchObject([{ content: 'Hm.' }, { role: 'tool', content: expect.stringContaining('before') as unknown }]);
    expect(model.asked).toHaveLength(1);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('while onToolCall decides does not wait for it', async () => {
    let asked: AbortSignal | undefined;
    const { work, told } = hanging();
    const controller = new AbortController();
    const stream = createAgent({ model: turnModel([asks]), tools: [work] }).streamPrompt('Hi', {
      abortSignal: controller.signal,
      onToolCall: ({ abortSignal }) => {
        asked = abortSignal;
        return new Promise(() => {});
      },
    });
    const result = await leaveWhen(stream, controller, () => asked !== undefined);
    expect(asked?.aborted).toBe(true);
    expect(result).toMatchObject({ finishReason: 'aborted', toolCalls: [] });
    expect(told.signal).toBeUndefined();
  });

  it('between rounds begins no other', async () => {
    let preparing = false;
    const { signal } = new AbortController();
    const model = turnModel([asks, ['never']]);
    const controller = new AbortController();
    const stream = createAgent({
      model,
      tools: [tool({ name: 'work', inputSchema: {}, execute: () => signal.aborted })],
      prepareRound: ({ round }) => {
        preparing = round === 1;
        return preparing ? new Promise(() => {}) : undefined;
      },
    }).streamPrompt('Hi', { abortSignal: controller.signal });
    const result = await leaveWhen(stream, controller, () => preparing);
    expect(model.asked).toHaveLength(1);
    expect(result).toMatchObject({ finishReason: 'aborted', usage, rounds: [{ finishReason: 'tool-calls' }] });
    expect(result.messages).toMatchObject([{ role: 'assistant' }, { role: 'tool', content: 'false' }]);
  });

  it('while a tool fails later rejects nothing', async () => {
    let fail: ((error: Error) => void) | undefined;
    const work = tool({ name: 'work', inputSchema: {}, execute: () => new Promise((_, reject) => { fail = reject; }) });
    const controller = new AbortController();
    const stream = createAgent({ model: turnModel([asks]), tools: [work] }).streamPrompt('Hi', { abortSignal: controller.signal });
    const unhandled = await unhandledWhile(async () => {
      await leaveWhen(stream, controller, () => fail !== undefined);
      fail?.(new Error('late'));
      await turns();
    });
    expect(unhandled).toEqual([]);
  });

  it('while a tool yields returns from it', async () => {
    let yielded = false;
    let returned = false;
    const work = tool({
      name: 'work',
      inputSchema: {},
      async *execute() {
        try {
          for (;;) {
            yielded = true;
            yield 'on';
            await turns(1);
          }
        } finally {
          returned = true;
        }
      },
    });
    const controller = new AbortController();
    const stream = createAgent({ model: turnModel([asks]), tools: [work] }).streamPrompt('Hi', { abortSignal: controller.signal });
    await leaveWhen(stream, controller, () => yielded);
    await turns(10);
    expect(returned).toBe(true);
  });
});

describe('a run', () => {
  it('whose signal was raised before it is read throws aborted, and asks nobody', async () => {
    const model = turnModel([['never']]);
    const stream = createAgent({ model }).streamPrompt('Hi', { abortSignal: AbortSignal.abort(new Error('mine')) });
    expect(await errorOf(stream.result())).toMatchObject({ code: 'aborted', cause: { message: 'mine' } });
    expect(model.asked).toEqual([]);
  });

  it('that is cancelled before it is read never begins', async () => {
    const model = turnModel([['never']]);
    const stream = createAgent({ model }).streamPrompt('Hi');
    stream.cancel();
    expect(await readAll(stream)).toMatchObject([{ type: 'finish', finishReason: 'aborted', endedBy: 'cancel', rounds: 0, text: '' }]);
    expect(await stream.result()).toMatchObject({ messages: [], rounds: [], usage: { totalTokens: 0 } });
    expect(model.asked).toEqual([]);
  });

  it('whose last answer had ended when it was left says so', async () => {
    const stream = createAgent({ model: turnModel([['Hi', part.finish()]]) }).streamPrompt('Hi');
    const iterator = stream[Symbol.asyncIterator]();
    for (let read = await iterator.next(); !read.done && read.value.type !== 'finish'; read = await iterator.next());
    await iterator.return?.();
    expect(await stream.result()).toMatchObject({ finishReason: 'stop', endedBy: 'model' });
  });

  it('lets go of its abortSignal once it is over', async () => {
    const { signal } = new AbortController();
    await createAgent({ model: turnModel([['Hi']]) }).streamPrompt('Hi', { abortSignal: signal }).result();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('leaves no listener on its signal behind for tools that are through', async () => {
    let signal: AbortSignal | undefined;
    const work = tool({ name: 'work', inputSchema: {}, execute: () => 'done' });
    const calls = Array.from({ length: 20 }, (_, index) => part.tool(index, `c${index}`, 'work', {}));
    const stream = createAgent({
      model: turnModel([[...calls, part.finish('tool-calls')], ['Hi']]),
      tools: [work],
      prepareRound: ({ abortSignal }) => void (signal = abortSignal),
    }).streamPrompt('Hi');
    await stream.result();
    // One that notes when it was cancelled.
    expect(getEventListeners(signal as AbortSignal, 'abort')).toHaveLength(1);
  });
});

describe('a run that nobody can read any more', () => {
  async function readOneAndForget(stream: GenerationStream<never> | AgentStream, next: () => void): Promise<void> {
    const first = stream[Symbol.asyncIterator]().next();
    await turns();
    next();
    await first;
  }

  it('is cancelled while the model writes', async () => {
    const { model, native }: { model: Model; native: FakeNativeModel } = await openFakeModel();
    const { signal } = new AbortController();
    await readOneAndForget(createAgent({ model }).streamPrompt('Hi', { abortSignal: signal }), () => native.write(1, 'a', 'b'));
    await collectUntil(() => native.cancelled.length > 0);
    expect(native.cancelled).toEqual([1]);
    await turns(6);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('is cancelled while a tool runs', async () => {
    const { work, told } = hanging();
    const agent = createAgent({ model: turnModel([asks]), tools: [work] });
    await (async () => {
      const iterator = agent.streamPrompt('Hi')[Symbol.asyncIterator]();
      // The call, and that it is being called.
      await iterator.next();
      await iterator.next();
    })();
    expect(told.signal?.aborted).toBe(false);
    await collectUntil(() => told.signal?.aborted === true);
    expect(told.signal?.aborted).toBe(true);
  });

  it('is kept while somebody awaits its result', async () => {
    let finish: ((value: string) => void) | undefined;
    const work = tool({ name: 'work', inputSchema: {}, execute: () => new Promise<string>((resolve) => { finish = resolve; }) });
    const result = createAgent({ model: turnModel([asks, ['Done']]), tools: [work] }).streamPrompt('Hi').result();
    await collectUntil(() => false, 8);
    finish?.('yes');
    expect(await result).toMatchObject({ text: 'Done', finishReason: 'stop' });
  });
});
