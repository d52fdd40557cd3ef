import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/index.ts';
import type { Model } from '../../src/index.ts';
import { errorOf } from '../support/read-stream.ts';
import { testModel } from '../support/test-model.ts';

let model: Model;
beforeAll(async () => {
  model = await loadModel(testModel());
});
afterAll(() => model.close());

describe('tokenize() and detokenize()', () => {
  it.each(['', 'Hello, world!', ' two  spaces ', '1234', 'naïve 🌊\n\tend', '<|im_start|>user'])('give %j back', async (text) => {
    expect(await model.detokenize(await model.tokenize(text))).toBe(text);
  });

  it('find special tokens in text, and leave out their text where asked to', async () => {
    const tokens = await model.tokenize('<|im_start|>user');
    expect(tokens).toHaveLength(2);
    expect(await model.detokenize(tokens, { skipSpecialTokens: true })).toBe('user');
  });

  it('count as countTokens() does', async () => {
    const prompt = 'The wind blows from the mountains.';
    expect(await model.tokenize(prompt, { addSpecialTokens: true })).toHaveLength((await model.countTokens({ prompt })).inputTokens);
  });

  it('refuse tokens that the model does not have', async () => {
    const error = await errorOf(model.detokenize([1, model.info.vocabularySize]));
    expect(error).toMatchObject({ code: 'invalid-argument', field: 'tokens[1]' });
  });
});

describe('renderPrompt()', () => {
  const messages = Array.from({ length: 2000 }, (_, i) => ({ role: 'user', content: `Message ${i}` }) as const);

  it('gives what a stream would be given', async () => {
    const request = { messages: [{ role: 'user', content: 'Name a wind.' }], temperature: 0, maxOutputTokens: 8 } as const;
    const { text, tokens, droppedMessages } = await model.renderPrompt(request);
    expect(text).toMatch(/<\|im_start\|>user\nName a wind\.<\|im_end\|>\n<\|im_start\|>assistant\n$/);
    expect(await model.detokenize(tokens)).toBe(text);
    expect(droppedMessages).toBe(0);
    const { temperature, maxOutputTokens } = request;
    const [chat, raw] = await Promise.all([
      model.streamCompletion(request).result(),
      model.streamCompletion({ tokens, temperature, maxOutputTokens }).result(),
    ]);
    expect(raw.text).toBe(chat.text);
    expect(raw.usage.inputTokens).toBe(chat.usage.inputTokens);
  });

  it('leaves out what the request lets go, and says how much', async () => {
    const { text, tokens, droppedMessages } = await model.renderPrompt({ messages, contextOverflow: 'truncate-oldest' });
    expect(droppedMessages).toBeGreaterThan(0);
    expect(text).not.toContain(`Message ${droppedMessages - 1}<`);
    expect(text).toContain(`Message ${droppedMessages}<`);
    expect(await model.countTokens({ messages, contextOverflow: 'truncate-oldest' })).toEqual({
      inputTokens: tokens.length,
      droppedMessages,
    });
  });

  it('gives a prompt that is too long as it is', async () => {
    const { tokens } = await model.renderPrompt({ messages });
    expect(tokens.length).toBeGreaterThan(model.info.contextLength);
  });

  it('refuses what cannot be rendered', async () => {
    expect(await errorOf(model.renderPrompt({ messages: [] }))).toMatchObject({ code: 'invalid-argument', field: 'messages' });
  });
});
