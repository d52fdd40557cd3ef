import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/index.ts';
import type { GenerateOptions, GenerationStream, Model } from '../../src/index.ts';
import { RandomNumbers } from '../support/models/random-numbers.ts';
import { writeTinyGguf } from '../support/models/tiny-model.ts';
import { runScript } from '../support/run-script.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { testModel } from '../support/test-model.ts';
import { collectUntil } from '../support/turns.ts';
import { untilQuiet } from '../support/until-quiet.ts';

const tinyGguf = join(scratchFolder(), 'tiny.gguf');
writeTinyGguf(tinyGguf);

const nothingLeft = { liveSequences: 0, queuedSequences: 0, unreadParts: 0 };

describe('on a tiny model', () => {
  it('10,000 streams left at random points leave no sequence, no memory and no rejection behind', async () => {
    // In a process of its own, for its memory. RSS is compared after 4,000, when buffers are as large as they get, and after 10,000.
    const end = await runScript(
      `
      import { setTimeout } from 'node:timers/promises';
      const model = await loadModel(${JSON.stringify(tinyGguf)}, { prefixCacheBytes: 8 << 20 });
      let rejections = 0;
      process.on('unhandledRejection', () => (rejections += 1));
      let state = 1;
      const below = (limit) => {
        state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
        return (state >>> 0) % limit;
      };
      const begin = (index) => model.streamPrompt('Hi ' + index, { seed: index, maxOutputTokens: 300, maxBufferedParts: 4 });
      const ways = [
        async (stream) => {
          const leaveAt = 1 + below(12);
          let deltas = 0;
          for await (const delta of stream.textStream) if ((deltas += 1) === leaveAt) break;
        },
        async (stream) => {
          const pending = stream[Symbol.asyncIterator]().next();
          if (below(2) === 0) await setTimeout(below(3));
          stream.cancel();
          await pending;
        },
        async (stream) => {
          const parts = stream[Symbol.asyncIterator]();
          await parts.next();
          stream.pause();
          await setTimeout(below(2));
          await parts.return();
        },
        // Read a little and let go of: it is full, and so parked, until it is collected.
        async (stream) => void (await stream[Symbol.asyncIterator]().next()),
        async (stream) => {
          await using left = stream;
          void left.result();
          await setTimeout(below(2));
        },
        async (stream) => {
          for await (const part of stream) throw new Error('the reader fails');
        },
      ];
      async function leaveSome(first, count) {
        for (let index = first; index < first + count; index += 1) {
          await ways[below(ways.length)](begin(index)).catch((error) => {
            if (error.message !== 'the reader fails') throw error;
          });
          if (index % 50 === 0) gc();
        }
      }
      const busy = ({ liveSequences, queuedSequences, parkedSequences }) => liveSequences + queuedSequences + parkedSequences;
      const resident = [];
      for (const [first, count] of [[0, 4000], [4000, 6000]]) {
        const each = count / 16;
        await Promise.all(Array.from({ length: 16 }, (_, at) => leaveSome(first + at * each, each)));
        for (let wait = 0; wait < 500 && busy(model.metrics()) > 0; wait += 1) {
          await setTimeout(10);
          gc();
        }
        resident.push(process.memoryUsage.rss());
      }
      const { text } = await model.streamPrompt('Hi', { temperature: 0, maxOutputTokens: 5 }).result();
      console.log(JSON.stringify({ resident, rejections, metrics: model.metrics(), said: text !== '' }));
    `,
      170_000,
      { nodeOptions: ['--expose-gc'] },
    );
    expect({ code: end.code, stderr: end.stderr }).toEqual({ code: 0, stderr: '' });
    const { resident, ...left } = JSON.parse(end.stdout) as { resident: [number, number]; metrics: object };
    expect(left).toMatchObject({ rejections: 0, said: true, metrics: { ...nothingLeft, parkedSequences: 0 } });
    expect(resident[1]).toBeLessThan(resident[0] * 1.1);
  });
});

describe('on the real model', () => {
  let model: Model;
  beforeAll(async () => {
    model = await loadModel(testModel());
  });
  afterAll(() => model?.close());

  /** Short prompts: each is prefilled before it can be left. */
  const endless: GenerateOptions = { temperature: 0, maxOutputTokens: 2000 };
  const begin = (prompt = 'Once upon a time'): GenerationStream => model.streamCompletion({ prompt, ...endless });

  it('30 loops left at random points leave nothing behind, and the next reply is right', async () => {
    const expected = await model.streamCompletion({ prompt: 'Once upon', ...endless, maxOutputTokens: 12 }).result();
    const random = new RandomNumbers(30);
    for (let index = 0; index < 30; index += 1) {
      const leaveAt = 1 + random.below(6);
      let deltas = 0;
      for await (const delta of begin().textStream) if (delta !== '' && (deltas += 1) === leaveAt) break;
      expect(await untilQuiet(model, 20_000)).toMatchObject(nothingLeft);
    }
    const after = await model.streamCompletion({ prompt: 'Once upon', ...endless, maxOutputTokens: 12 }).result();
    expect(after.text).toBe(expected.text);
  });

  it('a cancelled stream computes a few tokens more at the most', async () => {
    const tokens: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const stream = begin();
      let read = 0;
      for await (const part of stream) {
        if (part.type !== 'text-delta') continue;
        read += 1;
        if (read === 4) stream.cancel();
      }
      const { finishReason, usage } = await stream.result();
      expect(finishReason).toBe('aborted');
      tokens.push(usage.outputTokens);
    }
    tokens.sort((a, b) => a - b);
    // Four deltas were read of at least four tokens. What the engine makes meanwhile depends on when JavaScript gets a
    // processor, so on a busy machine a round may take longer than the others.
    expect(tokens[0]).toBeGreaterThanOrEqual(4);
    expect(tokens[2]).toBeLessThanOrEqual(4 + 3);
    expect(tokens[4]).toBeLessThanOrEqual(4 + 16);
  });

  it('one that is left by break, too, as the token count of the engine shows', async () => {
    const before = (await untilQuiet(model)).generatedTokens;
    let deltas = 0;
    for await (const delta of begin().textStream) if (delta !== '' && (deltas += 1) === 4) break;
    const { generatedTokens } = await untilQuiet(model, 20_000);
    expect(generatedTokens - before).toBeLessThanOrEqual(4 + 16);
  });

  it('one that waits for its turn is never computed when it is cancelled', async () => {
    const running = begin();
    const iterator = running[Symbol.asyncIterator]();
    await iterator.next();
    const before = model.metrics();
    const waiting = begin('Never');
    const result = waiting.result();
    waiting.cancel();
    expect(await result).toMatchObject({ finishReason: 'aborted', text: '', usage: { outputTokens: 0 } });
    await iterator.return?.();
    expect(await untilQuiet(model, 20_000)).toMatchObject({ ...nothingLeft, totalSequences: before.totalSequences + 1 });
  });

  it('one that nobody reads any more is collected, and its sequence freed', async () => {
    await (async () => void (await begin()[Symbol.asyncIterator]().next()))();
    expect(model.metrics().liveSequences).toBe(1);
    await collectUntil(() => model.metrics().liveSequences === 0);
    expect(await untilQuiet(model, 20_000)).toMatchObject(nothingLeft);
  });

  it('one whose result somebody awaits is not collected', async () => {
    const result = model.streamCompletion({ prompt: 'Once', ...endless, maxOutputTokens: 15 }).result();
    await collectUntil(() => model.metrics().liveSequences === 0, 20);
    expect(await result).toMatchObject({ finishReason: 'length', usage: { outputTokens: 15 } });
  });

  it('an aborted one keeps the text it has, which is how the whole reply begins', async () => {
    const controller = new AbortController();
    const stream = model.streamCompletion({ prompt: 'Once upon a time', ...endless, abortSignal: controller.signal });
    let text = '';
    for await (const delta of stream.textStream) {
      text += delta;
      if (text.length > 20) controller.abort();
    }
    const result = await stream.result();
    expect(result).toMatchObject({ finishReason: 'aborted', text });
    const whole = await model.streamCompletion({ prompt: 'Once upon a time', ...endless, maxOutputTokens: 24 }).result();
    expect(whole.text.startsWith(text)).toBe(true);
  });
});
