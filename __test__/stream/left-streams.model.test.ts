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
  it('1,000 loops left at random points leave no sequence and no memory behind', async () => {
    // In a process of its own, for its memory. RSS is compared after 200 and after 1,000.
    const end = await runScript(
      `
      import { setTimeout } from 'node:timers/promises';
      const model = await loadModel(${JSON.stringify(tinyGguf)});
      let state = 1;
      const below = (limit) => {
        state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
        return (state >>> 0) % limit;
      };
      async function leaveOne(index) {
        const leaveAt = 1 + below(40);
        let deltas = 0;
        for await (const delta of model.streamPrompt('Hi', { seed: index, maxOutputTokens: 400 }).textStream) {
          if ((deltas += 1) === leaveAt) break;
        }
        // A decode step of this model takes a fraction of a millisecond.
        let left = Infinity;
        for (let wait = 0; wait < 200 && left > 0; wait += 1) {
          await setTimeout(1);
          left = model.metrics().liveSequences + model.metrics().queuedSequences;
        }
        return left;
      }
      const resident = [];
      let left = 0;
      for (let index = 1; index <= 1000; index += 1) {
        left += await leaveOne(index);
        if (index === 200 || index === 1000) {
          gc();
          resident.push(process.memoryUsage.rss());
        }
      }
      const { text } = await model.streamPrompt('Hi', { temperature: 0, maxOutputTokens: 5 }).result();
      console.log(JSON.stringify({ left, resident, metrics: model.metrics(), said: text !== '' }));
    `,
      110_000,
      { nodeOptions: ['--expose-gc'] },
    );
    expect({ code: end.code, stderr: end.stderr }).toEqual({ code: 0, stderr: '' });
    const { left, resident, metrics, said } = JSON.parse(end.stdout) as {
      left: number;
      resident: [number, number];
      metrics: object;
      said: boolean;
    };
    expect({ left, said }).toEqual({ left: 0, said: true });
    expect(metrics).toMatchObject({ ...nothingLeft, totalSequences: 1001 });
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
