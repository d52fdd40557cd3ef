import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../../src/index.ts';
import type { CompletionRequest } from '../../src/index.ts';
import { writeTinyGguf } from '../support/models/tiny-model.ts';
import { readAll } from '../support/read-stream.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { testModel } from '../support/test-model.ts';
import { untilQuiet } from '../support/until-quiet.ts';

const scratch = scratchFolder();
const printable = join(scratch, 'tiny.gguf');
const anyBytes = join(scratch, 'any-bytes.gguf');
writeTinyGguf(printable);
writeTinyGguf(anyBytes, { printable: false });

describe('eight streams at once give each what it gives alone', () => {
  const requests = (maxOutputTokens: number): CompletionRequest[] =>
    // Two and two are of equal length, and two are equal but for their seeds.
    ['The sea', 'The sky', 'One, two,', 'Once upon a time', 'def f(x):', 'Paris is', 'In 1999', 'In 1999'].map(
      (prompt, index) => ({ prompt, temperature: index % 2 === 0 ? 0.8 : 1.2, seed: index, maxOutputTokens }),
    );

  it.each([
    ['the real model', testModel(), 10],
    ['a tiny model', printable, 60],
  ])('on %s', async (_, path, maxOutputTokens) => {
    await using model = await loadModel(path);
    const alone = [];
    for (const request of requests(maxOutputTokens)) alone.push(await model.streamCompletion(request).result());
    const together = await Promise.all(
      requests(maxOutputTokens).map(async (request) => {
        const stream = model.streamCompletion(request);
        const deltas = await readAll(stream.textStream);
        const { usage } = await stream.result();
        return { text: deltas.join(''), usage };
      }),
    );
    expect(together.map(({ text }) => text)).toEqual(alone.map(({ text }) => text));
    expect(together.map(({ usage }) => usage.totalTokens)).toEqual(alone.map(({ usage }) => usage.totalTokens));
    expect(new Set(alone.map(({ text }) => text)).size).toBe(8);
    expect(await untilQuiet(model)).toMatchObject({ liveSequences: 0, queuedSequences: 0, unreadParts: 0 });
  });

  it('also where some of them are left in the middle', async () => {
    await using model = await loadModel(printable);
    const alone: string[] = [];
    for (const request of requests(60)) alone.push((await model.streamCompletion(request).result()).text);
    const together = await Promise.all(
      requests(60).map(async (request, index) => {
        const stream = model.streamCompletion(request);
        let text = '';
        for await (const delta of stream.textStream) {
          text += delta;
          if (index % 3 === 0 && text.length > 10) break;
        }
        return text;
      }),
    );
    together.forEach((text, index) => expect(alone[index]?.startsWith(text)).toBe(true));
    expect(together.filter((text, index) => text !== alone[index])).toHaveLength(3);
  });
});

describe('bytes that are no text', () => {
  it('are delivered whole and in order, whatever the model says', async () => {
    await using model = await loadModel(anyBytes);
    const seeds = Array.from({ length: 100 }, (_, seed) => seed);
    const replies = await Promise.all(
      seeds.map(async (seed) => {
        const stream = model.streamCompletion({ prompt: 'Hi', temperature: 5, seed, maxOutputTokens: 80 });
        const deltas = await readAll(stream.textStream);
        return { deltas, result: await stream.result() };
      }),
    );
    for (const { deltas, result } of replies) {
      expect(deltas.join('')).toBe(result.text);
      expect(deltas.every((delta) => delta !== '' && delta.isWellFormed())).toBe(true);
    }
    // Bytes beyond ASCII come up, most of them no characters, some by chance.
    const all = replies.map(({ result }) => result.text).join('');
    expect(all).toContain('\ufffd');
    expect(all).toMatch(/[\u0080-\ufffc]/);
    expect(new Set(replies.map(({ result }) => result.text)).size).toBe(seeds.length);
  });

  it('are the same text read at once or piece by piece', async () => {
    await using model = await loadModel(anyBytes);
    for (const seed of [1, 2, 3]) {
      const request: CompletionRequest = { prompt: 'Hi', temperature: 5, seed, maxOutputTokens: 120 };
      const slowly = [];
      for await (const delta of model.streamCompletion(request).textStream) {
        slowly.push(delta);
        await new Promise((resolve) => void setImmediate(resolve));
      }
      const { text } = await model.streamCompletion(request).result();
      expect(slowly.join('')).toBe(text);
    }
  });

  it('of any token count are how a longer reply begins', async () => {
    await using model = await loadModel(anyBytes);
    const reply = async (maxOutputTokens: number) =>
      (await model.streamCompletion({ prompt: 'Hi', temperature: 5, seed: 4, maxOutputTokens }).result()).text;
    const whole = await reply(60);
    for (let length = 1; length < 60; length += 1) {
      // A character cut in two is told by the replacement character, which the longer reply may complete.
      expect(whole.startsWith((await reply(length)).replace(/\ufffd+$/, ''))).toBe(true);
    }
  });
});

it('a stream that is read slowly is delivered whole', async () => {
  await using model = await loadModel(printable);
  const request: CompletionRequest = { prompt: 'Hi', temperature: 0, maxOutputTokens: 300 };
  const expected = await model.streamCompletion(request).result();
  const stream = model.streamCompletion(request);
  let text = '';
  for await (const delta of stream.textStream) {
    text += delta;
    if (text.length % 50 === 0) await new Promise((resolve) => void setTimeout(resolve, 10));
  }
  expect(text).toBe(expected.text);
});

it('100 streams asked for at once are all answered', async () => {
  await using model = await loadModel(printable);
  const results = await Promise.all(
    Array.from({ length: 100 }, (_, seed) => model.streamPrompt('Hi', { seed, maxOutputTokens: 20 }).result()),
  );
  expect(results.every(({ usage, finishReason }) => usage.outputTokens === 20 || finishReason === 'stop')).toBe(true);
  expect(await untilQuiet(model)).toMatchObject({ totalSequences: 100, liveSequences: 0 });
});
