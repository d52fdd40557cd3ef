import { expect, it } from 'vitest';
import type { GenerationStream } from '../../src/index.ts';
import { scriptedModel } from '../../src/testing/scripted-model.ts';
import { RandomNumbers } from '../support/models/random-numbers.ts';
import { readAll } from '../support/read-stream.ts';
import { collectUntil } from '../support/turns.ts';
import { untilQuiet } from '../support/until-quiet.ts';

const texts = ['The tramontane is a cold wind', '风从山那边来，又干又冷', '🌬️🏔️👩‍👩‍👧‍👦 e\u0301', 'x'.repeat(300)];

it('streams at the same time give what each gives alone', async () => {
  await using model = await scriptedModel({ replies: texts.map((text) => ({ text })) });
  const streams = Array.from({ length: 40 }, () => model.streamPrompt('Hi').textStream);
  const read = await Promise.all(streams.map(async (stream) => (await readAll(stream)).join('')));
  expect(read).toEqual(streams.map((_, index) => texts[index % texts.length]));
  expect(await untilQuiet(model)).toMatchObject({ totalSequences: 40, liveSequences: 0, unreadParts: 0 });
});

it('wakes JavaScript far less often than it makes tokens', async () => {
  await using model = await scriptedModel({ replies: [{ text: 'x'.repeat(1000) }] });
  await Promise.all(Array.from({ length: 8 }, () => model.streamPrompt('Hi').result()));
  const { bellsRung, generatedTokens } = model.metrics();
  expect(generatedTokens).toBeGreaterThanOrEqual(8000);
  expect(bellsRung).toBeLessThan(generatedTokens);
});

/** Reads up to `parts` parts and then leaves, one way or another; a way that gives no promise just lets go. */
async function leave(stream: GenerationStream, way: number, parts: number, controller: AbortController): Promise<void> {
  const iterator = stream[Symbol.asyncIterator]();
  for (let read = 0; read < parts; read += 1) if ((await iterator.next()).done) break;
  switch (way) {
    case 0:
      await iterator.return?.();
      break;
    case 1:
      await iterator.throw?.(new Error('enough')).catch(() => {});
      break;
    case 2:
      stream.cancel();
      break;
    case 3:
      controller.abort();
      break;
    case 4:
      await stream[Symbol.asyncDispose]();
      break;
    case 5: {
      const pending = iterator.next();
      await iterator.return?.();
      await pending;
      break;
    }
    case 6:
      await stream.result();
      break;
    default:
    // Let go of: garbage collection frees it.
  }
}

it.each([1, 2, 3])('1,000 streams left at random points leave nothing behind (seed %i)', async (seed) => {
  const random = new RandomNumbers(seed);
  await using model = await scriptedModel({ replies: texts.map((text) => ({ text })) });
  let started = 0;
  const readers = Array.from({ length: 1000 }, () => {
    const controller = new AbortController();
    const parts = random.below(12);
    const way = random.below(8);
    if (parts > 0 || way === 5 || way === 6) started += 1;
    return leave(model.streamPrompt('Hi', { abortSignal: controller.signal }), way, parts, controller);
  });
  await Promise.all(readers);
  await collectUntil(() => model.metrics().liveSequences + model.metrics().queuedSequences === 0);
  expect(await untilQuiet(model, 10_000)).toMatchObject({
    liveSequences: 0,
    queuedSequences: 0,
    unreadParts: 0,
    totalSequences: started,
  });
  expect((await model.streamPrompt('Hi').result()).finishReason).toBe('stop');
}, 60_000);
