import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/index.ts';
import type { ChatMessage, CompletionRequest, GenerateOptions, Model } from '../../src/index.ts';
import { writeGguf } from '../support/models/gguf-writer.ts';
import { tinyModel, writeTinyGguf } from '../support/models/tiny-model.ts';
import { errorOf, readUntilError } from '../support/read-stream.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { untilQuiet } from '../support/until-quiet.ts';

const gguf = join(scratchFolder(), 'tiny.gguf');
let model: Model;
beforeAll(async () => {
  writeTinyGguf(gguf);
  model = await loadModel(gguf);
});
afterAll(() => model?.close());

afterEach(async () => {
  // Whatever the test has asked for, the same model answers the next one.
  const { usage } = await model.streamPrompt('Hi', { temperature: 0, maxOutputTokens: 3 }).result();
  const { liveSequences, queuedSequences, unreadParts } = await untilQuiet(model);
  if (usage.outputTokens !== 3 || liveSequences + queuedSequences + unreadParts !== 0) {
    throw new Error('the model does not answer any more as it should');
  }
});

/** The error of a prompt with these options, which may be of no type that TypeScript would let pass. */
function failure(options: Record<string, unknown>) {
  return errorOf(model.streamPrompt('Hi', options as GenerateOptions).result());
}

describe('a sampling value that makes no sense is invalid-argument, with the field', () => {
  const values: [string, unknown][] = [
    ['temperature', NaN],
    ['temperature', -1],
    ['temperature', Infinity],
    ['temperature', 101],
    ['temperature', '0.7'],
    ['temperature', null],
    ['topP', NaN],
    ['topP', 0],
    ['topP', -0.1],
    ['topP', 1.1],
    ['topK', -1],
    ['topK', 1.5],
    ['topK', 1e12],
    ['seed', -1],
    ['seed', 0.5],
    ['seed', 2 ** 53],
    ['seed', NaN],
    ['maxOutputTokens', 0],
    ['maxOutputTokens', -5],
    ['maxOutputTokens', NaN],
    ['maxOutputTokens', 1e12],
    ['stopSequences', 'END'],
    ['stopSequences', ['']],
    ['stopSequences', Array.from({ length: 65 }, (_, index) => `stop ${index}`)],
    ['stopSequences', ['x'.repeat(4097)]],
    ['stopSequences', [7]],
  ];

  it.each(values)('%s (%#)', async (field, value) => {
    const error = await failure({ [field]: value });
    expect(error.code).toBe('invalid-argument');
    expect(error.field).toMatch(new RegExp(`^${field}`));
    expect(error.message).toContain(field);
  });

  it('and one nobody knows is named with the one that was meant', async () => {
    const error = await failure({ max_tokens: 5 });
    expect(error).toMatchObject({ code: 'invalid-argument', field: 'max_tokens' });
    expect(error.message).toContain('maxOutputTokens');
  });
});

describe('the widest values that make sense are run', () => {
  const options: GenerateOptions[] = [
    { temperature: 100 },
    { temperature: 1e-6 },
    { temperature: 1e-300 },
    { topP: 1e-9 },
    { topK: 1 },
    { topK: 4_294_967_295 },
    { seed: Number.MAX_SAFE_INTEGER },
    { stopSequences: Array.from({ length: 64 }, (_, index) => `${index}`.padEnd(4096, 'x')) },
    { stopSequences: [] },
  ];

  it.each(options)('(%#)', async (option) => {
    const { usage } = await model.streamPrompt('Hi', { temperature: 0.8, seed: 1, ...option, maxOutputTokens: 8 }).result();
    expect(usage.outputTokens).toBeGreaterThan(0);
  });

  it('and maxOutputTokens beyond the context fills the context', async () => {
    const request: CompletionRequest = { tokens: [50], temperature: 0, maxOutputTokens: 4_294_967_295 };
    const { usage, finishReason } = await model.streamCompletion(request).result();
    expect({ finishReason, totalTokens: usage.totalTokens }).toEqual({ finishReason: 'length', totalTokens: 512 });
  });
});

describe('a prompt', () => {
  it('that is longer than the context is context-overflow, naming both lengths', async () => {
    const error = await errorOf(model.streamCompletion({ tokens: Array.from({ length: 600 }, () => 50) }).result());
    expect(error).toMatchObject({ code: 'context-overflow', field: 'tokens' });
    expect(error.message).toMatch(/600.*512/);
  });

  it('that fills the context to the last token is, too, and one token less is not', async () => {
    const tokens = (length: number) => model.streamCompletion({ tokens: Array.from({ length }, () => 50) }).result();
    expect(await errorOf(tokens(512))).toMatchObject({ code: 'context-overflow' });
    expect((await tokens(511)).usage).toMatchObject({ inputTokens: 511, outputTokens: 1 });
  });

  it('of many megabytes is, too', async () => {
    const error = await errorOf(model.streamPrompt('many words '.repeat(400_000)).result());
    expect(error.code).toBe('context-overflow');
  });

  it('that is empty is invalid-argument, with the field', async () => {
    expect(await errorOf(model.streamPrompt('').result())).toMatchObject({ code: 'invalid-argument', field: 'prompt' });
    expect(await errorOf(model.streamChat([]).result())).toMatchObject({ code: 'invalid-argument', field: 'messages' });
    const noTokens = errorOf(model.streamCompletion({ tokens: [] }).result());
    expect(await noTokens).toMatchObject({ code: 'invalid-argument', field: 'tokens' });
  });

  it.each([
    [[320], 'tokens[0]'],
    [[1, 2, 4_294_967_295], 'tokens[2]'],
    [[1, 4_294_967_296], 'tokens[1]'],
    [[-1], 'tokens[0]'],
    [[1.5], 'tokens[0]'],
  ])('of tokens %j is invalid-argument, field %s', async (tokens, field) => {
    const error = await errorOf(model.streamCompletion({ tokens }).result());
    expect(error).toMatchObject({ code: 'invalid-argument', field });
  });

  it('of every token there is, the special ones included, is run', async () => {
    const tokens = Array.from({ length: 320 }, (_, id) => id);
    const { usage } = await model.streamCompletion({ tokens, maxOutputTokens: 2, temperature: 0 }).result();
    expect(usage).toMatchObject({ inputTokens: 320, outputTokens: 2 });
  });

  it('of characters that no token is whole for is run', async () => {
    for (const prompt of ['\u0000', '\u{10ffff}', '\ufffd', '‮ right to left', '\ud800', '👩‍👩‍👧‍👦'.repeat(5)]) {
      const { usage } = await model.streamCompletion({ prompt, maxOutputTokens: 2, temperature: 0 }).result();
      expect(usage.outputTokens).toBe(2);
    }
  });
});

describe('a chat template', () => {
  const chat: ChatMessage[] = [{ role: 'user', content: 'Hi' }];

  it('that is missing is no-chat-template, and raw text can still be continued', async () => {
    const { metadata, tensors } = tinyModel();
    const bare = new Map(metadata);
    bare.delete('tokenizer.chat_template');
    const path = `${gguf}.bare.gguf`;
    writeGguf(path, {
      metadata: bare,
      tensors: tensors.map(({ name, shape, values }) => ({ name, shape, values, type: 'F32' })),
    });
    await using without = await loadModel(path);
    expect(without.info.chatTemplate).toBeNull();
    const error = await errorOf(without.streamChat(chat).result());
    expect(error).toMatchObject({ code: 'no-chat-template' });
    expect(error.message).toMatch(/chatTemplate/);
    expect((await without.streamCompletion({ prompt: 'Hi', maxOutputTokens: 2 }).result()).usage.inputTokens).toBe(2);
  });

  it.each([
    '{{ messages | no_such_filter }}',
    '{{ raise_exception("roles must alternate") }}',
    '{{ messages[5].content.x.y }}',
    '{{ no_such_function() }}',
    '{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}',
    '{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}',
  ])('that fails on a conversation fails that stream alone: %s', async (chatTemplate) => {
    await using failing = await loadModel(gguf, { chatTemplate });
    const error = await errorOf(failing.streamChat(chat).result());
    expect(error.code).toMatch(/^(invalid-argument|invalid-model)$/);
    expect(error.field).toMatch(/^(messages|chatTemplate)$/);
    expect((await failing.streamCompletion({ prompt: 'Hi', maxOutputTokens: 2 }).result()).usage.outputTokens).toBe(2);
  });

  it('that refuses a conversation says why in its own words', async () => {
    const chatTemplate = "{% if messages[0].role != 'system' %}{{ raise_exception('begin with a system message') }}{% endif %}x";
    await using strict = await loadModel(gguf, { chatTemplate });
    expect((await errorOf(strict.streamChat(chat).result())).message).toContain('begin with a system message');
    const allowed = strict.streamChat([{ role: 'system', content: '' }], { maxOutputTokens: 1 });
    expect((await allowed.result()).usage.outputTokens).toBe(1);
  });

  it('that writes nothing at all is invalid-argument', async () => {
    await using silent = await loadModel(gguf, { chatTemplate: '{# nothing #}{% if false %}x{% endif %}' });
    expect(await errorOf(silent.streamChat(chat).result())).toMatchObject({ code: 'invalid-argument', field: 'messages' });
  });
});

describe('an error of the request', () => {
  it('comes once, from reading, and leaves the iterator done', async () => {
    const stream = model.streamCompletion({ tokens: [320] });
    const iterator = stream[Symbol.asyncIterator]();
    expect(await errorOf(iterator.next())).toMatchObject({ code: 'invalid-argument' });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(await errorOf(stream.result())).toMatchObject({ code: 'invalid-argument', partial: { text: '' } });
  });

  it('of one stream leaves those beside it alone', async () => {
    const [good, bad, alsoGood] = await Promise.all([
      model.streamPrompt('Hi', { temperature: 0, maxOutputTokens: 30 }).result(),
      errorOf(model.streamCompletion({ tokens: [320] }).result()),
      model.streamPrompt('Hi', { temperature: 0, maxOutputTokens: 30 }).result(),
    ]);
    expect(bad.code).toBe('invalid-argument');
    expect(alsoGood.text).toBe(good.text);
  });
});

describe('a stream that comes too late', () => {
  it('is aborted where its signal was raised before, and nothing is computed', async () => {
    const before = model.metrics().totalSequences;
    const reason = new Error('no more');
    const { values, error } = await readUntilError(model.streamPrompt('Hi', { abortSignal: AbortSignal.abort(reason) }));
    expect(values).toEqual([]);
    expect(error).toMatchObject({ code: 'aborted', cause: reason });
    expect(model.metrics().totalSequences).toBe(before);
  });

  it('is closed where the model was, whether it was made before or after', async () => {
    const closing = await loadModel(gguf);
    const madeBefore = closing.streamPrompt('Hi');
    await closing.close();
    expect(await errorOf(madeBefore.result())).toMatchObject({ code: 'closed' });
    expect((await readUntilError(closing.streamPrompt('Hi'))).error).toMatchObject({ code: 'closed' });
    expect(await errorOf(closing.streamCompletion({ tokens: [1] }).result())).toMatchObject({ code: 'closed' });
    expect(closing.metrics()).toMatchObject({ liveSequences: 0, queuedSequences: 0 });
    expect(closing.info.architecture).toBe('llama');
  });
});
