import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/index.ts';
import type { CompletionRequest, GenerateOptions, Model } from '../../src/index.ts';
import { byteAlphabet } from '../support/models/byte-alphabet.ts';
import { readGguf } from '../support/models/gguf-reader.ts';
import { readAll } from '../support/read-stream.ts';
import { testModel } from '../support/test-model.ts';

let model: Model;
beforeAll(async () => {
  model = await loadModel(testModel());
});
afterAll(() => model?.close());

const greedy: GenerateOptions = { temperature: 0, maxOutputTokens: 24 };
const question = 'Tell me about the sea.';

/** The ids of tokens by their text. Looked up in the file itself, so that no tokenizer of ours is asked. */
function tokenIds(texts: readonly string[]): number[] {
  const vocabulary = readGguf(testModel()).metadata.get('tokenizer.ggml.tokens')?.value as string[];
  return texts.map((text) => {
    const written = Array.from(Buffer.from(text), (byte) => byteAlphabet[byte]).join('');
    const id = vocabulary.indexOf(written);
    if (id < 0) throw new Error(`the vocabulary has no token "${text}"`);
    return id;
  });
}

describe('a greedy reply', () => {
  it('is an English sentence about what was asked', async () => {
    const { text } = await model.streamPrompt(question, greedy).result();
    expect(text).toMatch(/^The sea is an? [a-z]+(,| and) [a-z]+/);
  });

  it('is the same each time', async () => {
    const texts = [];
    for (let time = 0; time < 3; time += 1) texts.push((await model.streamPrompt(question, greedy).result()).text);
    expect(new Set(texts).size).toBe(1);
  });

  it('ends by itself where the model has said what it had to say', async () => {
    const { text, finishReason, usage } = await model
      .streamChat([{ role: 'user', content: 'Answer with one word: is water wet?' }], { temperature: 0, maxOutputTokens: 200 })
      .result();
    expect({ finishReason, ended: /[.!?a-z]$/i.test(text) }).toEqual({ finishReason: 'stop', ended: true });
    expect(text).not.toContain('<|im_end|>');
    expect(usage.outputTokens).toBeLessThan(200);
  });
});

describe('a seed', () => {
  const varied = (seed: number): GenerateOptions => ({ temperature: 0.8, seed, maxOutputTokens: 24 });

  it('gives the same text again', async () => {
    const first = await model.streamPrompt(question, varied(7)).result();
    const second = await model.streamPrompt(question, varied(7)).result();
    expect(second.text).toBe(first.text);
  });

  it('gives another text than another seed', async () => {
    const texts = [];
    for (const seed of [7, 8, 9]) texts.push((await model.streamPrompt(question, varied(seed)).result()).text);
    expect(new Set(texts).size).toBe(3);
  });

  it('makes no difference to a greedy reply', async () => {
    const first = await model.streamPrompt(question, { ...greedy, seed: 7 }).result();
    const second = await model.streamPrompt(question, { ...greedy, seed: 8 }).result();
    expect(second.text).toBe(first.text);
  });

  it('that is left out is another one each time', async () => {
    const texts = [];
    for (let time = 0; time < 3; time += 1) {
      texts.push((await model.streamPrompt(question, { temperature: 1, maxOutputTokens: 24 }).result()).text);
    }
    expect(new Set(texts).size).toBe(3);
  });
});

describe('the three depths', () => {
  it('a prompt is a chat of one user message', async () => {
    const prompted = await model.streamPrompt(question, greedy).result();
    const chatted = await model.streamChat([{ role: 'user', content: question }], greedy).result();
    expect([chatted.text, chatted.usage.totalTokens]).toEqual([prompted.text, prompted.usage.totalTokens]);
  });

  it('a chat is the raw text that its template writes', async () => {
    const messages = [
      { role: 'system', content: 'You are brief.' },
      { role: 'user', content: 'Hello!' },
      { role: 'assistant', content: 'Hi.' },
      { role: 'user', content: question },
    ] as const;
    const written = messages.map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`);
    const prompt = `${written.join('')}<|im_start|>assistant\n`;
    const chatted = await model.streamChat(messages, greedy).result();
    const completed = await model.streamCompletion({ prompt, ...greedy }).result();
    expect([completed.text, completed.usage.totalTokens]).toEqual([chatted.text, chatted.usage.totalTokens]);
    const asOneValue = await model.streamCompletion({ messages, ...greedy }).result();
    expect([asOneValue.text, asOneValue.usage.totalTokens]).toEqual([chatted.text, chatted.usage.totalTokens]);
  });

  it('raw text is the tokens it is made of', async () => {
    const tokens = tokenIds(['The', ' quick', ' brown', ' fox']);
    const fromText = await model.streamCompletion({ prompt: 'The quick brown fox', ...greedy }).result();
    const fromTokens = await model.streamCompletion({ tokens, ...greedy }).result();
    expect(fromTokens.usage.inputTokens).toBe(4);
    expect([fromTokens.text, fromTokens.usage.totalTokens]).toEqual([fromText.text, fromText.usage.totalTokens]);
  });

  it('raw text is continued, where the same text as a message is answered', async () => {
    const completed = await model.streamCompletion({ prompt: '1, 2, 3, 4, 5,', ...greedy }).result();
    expect(completed.text).toMatch(/^ 6, 7, 8/);
    const answered = await model.streamPrompt('1, 2, 3, 4, 5,', greedy).result();
    expect(answered.text).not.toBe(completed.text);
  });
});

describe('limits', () => {
  const request = { prompt: 'Once upon a time', temperature: 0 } satisfies CompletionRequest;

  it.each([1, 2, 7, 24])('maxOutputTokens %i gives exactly so many tokens', async (maxOutputTokens) => {
    const { finishReason, usage, text } = await model.streamCompletion({ ...request, maxOutputTokens }).result();
    expect({ finishReason, outputTokens: usage.outputTokens }).toEqual({
      finishReason: 'length',
      outputTokens: maxOutputTokens,
    });
    const longer = await model.streamCompletion({ ...request, maxOutputTokens: maxOutputTokens + 1 }).result();
    expect(longer.text.startsWith(text) && longer.text.length > text.length).toBe(true);
  });

  it('a stop sequence ends the text just before it, wherever in a token it lies', async () => {
    const { text } = await model.streamCompletion({ ...request, maxOutputTokens: 40 }).result();
    const starts = [1, 6, 7, 15, 28, 40, 55];
    for (const start of starts) {
      const stop = text.slice(start, start + 7);
      const stream = model.streamCompletion({ ...request, maxOutputTokens: 40, stopSequences: ['never said', stop] });
      const deltas = await readAll(stream.textStream);
      const result = await stream.result();
      expect(result.text).toBe(text.slice(0, text.indexOf(stop)));
      expect(deltas.join('')).toBe(result.text);
      expect(result.finishReason).toBe('stop');
      expect(result.usage.outputTokens).toBeLessThanOrEqual(40);
    }
  });

  it('a stop sequence that does not come up changes nothing', async () => {
    const plain = await model.streamCompletion({ ...request, maxOutputTokens: 24 }).result();
    const stopSequences = [`${plain.text}!`, 'zebra'];
    const guarded = await model.streamCompletion({ ...request, maxOutputTokens: 24, stopSequences }).result();
    expect([guarded.text, guarded.finishReason]).toEqual([plain.text, 'length']);
  });
});

describe('counts and times', () => {
  it('add up', async () => {
    const { usage, timings } = await model.streamCompletion({ tokens: [19, 20, 21], maxOutputTokens: 5 }).result();
    expect(usage).toMatchObject({ inputTokens: 3, outputTokens: 5, totalTokens: 8 });
    expect(timings.queuedMs + timings.prefillMs).toBeCloseTo(timings.firstTokenMs ?? -1, 3);
    expect(timings.totalMs).toBeGreaterThanOrEqual((timings.firstTokenMs ?? 0) + timings.decodeMs);
    expect(timings.tokensPerSecond).toBeCloseTo((4 * 1000) / timings.decodeMs, 3);
  });

  it('are those of the metrics', async () => {
    const before = model.metrics();
    await model.streamPrompt(question, greedy).result();
    await model.streamPrompt(question, greedy).result();
    const after = model.metrics();
    expect(after.generatedTokens - before.generatedTokens).toBe(48);
    expect(after.totalSequences - before.totalSequences).toBe(2);
    expect(after).toMatchObject({ liveSequences: 0, queuedSequences: 0, unreadParts: 0 });
  });
});

describe('the deltas joined are the text', () => {
  const prompts = {
    'of plain words': ['The quick brown fox', /[a-z]/],
    'of emoji': ['Smileys: 😀 😃 😄 😁 😆 😅 😂', /\p{Extended_Pictographic}/u],
    'of Chinese': ['你好，世界。我们', /\p{Script=Han}/u],
    'of combining characters': [
      'cafe\u0301 nai\u0308ve re\u0301sume\u0301 cafe\u0301 nai\u0308ve re\u0301sume\u0301 cafe\u0301',
      /\p{Mark}/u,
    ],
    'of families joined by joiners': ['👩‍👩‍👧‍👦 👨‍👩‍👧 👩‍👩‍👧‍👦 👨‍👩‍👧 👩‍👩‍👧‍👦', /\p{Extended_Pictographic}/u],
  } as const;

  it.each(Object.entries(prompts))('%s', async (_, [prompt, contains]) => {
    const texts = [];
    for (const options of [{ temperature: 0 }, { temperature: 1, seed: 1 }]) {
      const stream = model.streamCompletion({ prompt, ...options, maxOutputTokens: 40 });
      const deltas = await readAll(stream.textStream);
      const { text } = await stream.result();
      expect(deltas.join('')).toBe(text);
      for (const delta of deltas) expect(delta).toSatisfy((value: string) => value !== '' && value.isWellFormed());
      texts.push(text);
    }
    expect(texts[0]).toMatch(contains);
    // Cut at 40 tokens, the last character may be half a one; no other can be.
    expect(texts[0]?.slice(0, -1)).not.toContain('\ufffd');
  });
});
