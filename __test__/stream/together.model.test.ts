import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/index.ts';
import type { CompletionRequest, GenerationStream, Model } from '../../src/index.ts';
import { RandomNumbers } from '../support/models/random-numbers.ts';
import { writeTinyGguf } from '../support/models/tiny-model.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { testModel } from '../support/test-model.ts';
import { untilQuiet } from '../support/until-quiet.ts';

const tinyGguf = join(scratchFolder(), 'tiny.gguf');
writeTinyGguf(tinyGguf, { contextLength: 2048, type: 'Q8_0' });

const nothingLeft = { liveSequences: 0, queuedSequences: 0, parkedSequences: 0, unreadParts: 0 };
const words = ['the', 'sea', 'is', 'and', 'a', 'ship', 'of', 'wind', 'you', 'for', 'on', 'in', 'light', 'x', '0'];

function randomRequest(random: RandomNumbers): CompletionRequest {
  // Now and then so long that the prompt is computed in pieces.
  const length = random.below(8) === 0 ? 60 + random.below(150) : 1 + random.below(12);
  const prompt = Array.from({ length }, () => words[random.below(words.length)]).join(' ');
  return {
    prompt,
    temperature: random.below(4) === 0 ? 0 : 0.5 + random.below(10) / 10,
    seed: random.below(1 << 30),
    maxOutputTokens: 1 + random.below(70),
    priority: random.below(3),
    ...(random.below(5) === 0 && { stopSequences: ['e', ' a'] }),
    ...(random.below(4) === 0 && { repetitionPenalty: 1.3, minP: 0.02 }),
    ...(random.below(4) === 0 && { maxBufferedParts: 1 + random.below(3) }),
  };
}

/** What a stream may go through while it is read. */
type Fate = 'read' | 'cancelled' | 'paused' | 'slow' | 'result';

async function live(stream: GenerationStream, fate: Fate, random: RandomNumbers): Promise<string> {
  if (fate === 'result') return (await stream.result()).text;
  const at = 1 + random.below(12);
  let text = '';
  let deltas = 0;
  for await (const delta of stream.textStream) {
    text += delta;
    deltas += 1;
    if (fate === 'slow' && deltas % 8 === 0) await setTimeout(random.below(4));
    if (deltas !== at) continue;
    if (fate === 'cancelled') stream.cancel();
    if (fate === 'paused') {
      stream.pause();
      await setTimeout(random.below(8));
      stream.resume();
    }
  }
  return text;
}

describe('on a tiny model', () => {
  let model: Model;
  beforeAll(async () => {
    // Little enough that streams must now and then wait for room, and be computed anew.
    model = await loadModel(tinyGguf, { prefixCacheBytes: 4 << 20 });
  });
  afterAll(() => model?.close());

  it('streams among paused, cancelled and slow ones each say what they say alone, 300 rounds', async () => {
    const random = new RandomNumbers(8);
    const fates: Fate[] = ['read', 'read', 'read', 'cancelled', 'paused', 'slow', 'result'];
    for (let round = 0; round < 300; round += 1) {
      const requests = Array.from({ length: 2 + random.below(7) }, () => randomRequest(random));
      const alone: string[] = [];
      for (const request of requests) alone.push((await model.streamCompletion(request).result()).text);
      const fated = requests.map((request) => ({ request, fate: fates[random.below(fates.length)] as Fate }));
      const together = await Promise.all(
        fated.map(async ({ request, fate }) => {
          const stream = model.streamCompletion(request);
          const text = await live(stream, fate, random);
          return { text, result: await stream.result() };
        }),
      );
      const wrong = together.filter(({ text, result }, at) => {
        const expected = alone[at] ?? '';
        // One that was cancelled says as much as it came to; where that was within a character, a sign for it ends it.
        const said = result.finishReason === 'aborted' ? expected.startsWith(text.replace(/\ufffd$/, '')) : text === expected;
        return result.text !== text || !said;
      });
      expect(wrong, `round ${round}: ${fated.map(({ fate }) => fate).join(', ')}`).toEqual([]);
      expect(await untilQuiet(model)).toMatchObject(nothingLeft);
    }
  });

  it('every one of 8 streams of 256 tokens begins before any of them is finished', async () => {
    const events: string[] = [];
    await Promise.all(
      Array.from({ length: 8 }, async (_, at) => {
        const stream = model.streamCompletion({ prompt: `${words[at]} one`, temperature: 0, maxOutputTokens: 256 });
        let begun = false;
        for await (const part of stream) {
          if (part.type === 'text-delta' && !begun) {
            begun = true;
            events.push('begun');
          }
          if (part.type === 'finish') events.push('finished');
        }
      }),
    );
    expect(events).toEqual([...Array<string>(8).fill('begun'), ...Array<string>(8).fill('finished')]);
  });
});

describe('on the real model', () => {
  let model: Model;
  beforeAll(async () => {
    model = await loadModel(testModel());
  });
  afterAll(() => model?.close());

  it('8 streams of different prompts, lengths and seeds each say what they say alone', async () => {
    const prompts = [
      'Once upon a time',
      'The capital of France is',
      'def fibonacci(n):\n',
      'A list of winds:\n1.',
      'In the beginning there was nothing but the sea, and the sea was calm. Then, one day, a small boat came. '.repeat(4),
      'Q: What is 2 + 2?\nA:',
      'Dear Sir,',
      'The quick brown fox',
    ];
    const requests = prompts.map((prompt, at) => ({ prompt, temperature: at === 0 ? 0 : 0.9, seed: at, maxOutputTokens: 18 + 5 * at }));
    const alone = [];
    for (const request of requests) alone.push(await model.streamCompletion(request).result());
    const together = await Promise.all(requests.map((request) => model.streamCompletion(request).result()));
    const said = ({ text, usage, finishReason }: (typeof together)[number]) => ({
      text,
      outputTokens: usage.outputTokens,
      finishReason,
    });
    expect(together.map(said)).toEqual(alone.map(said));
  });
});
