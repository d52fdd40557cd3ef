import { afterEach, describe, expect, it } from 'vitest';
import type { GenerationStream, Model, StreamPart } from '../../src/index.ts';
import type { ScriptedReply } from '../../src/testing/script.ts';
import { scriptedModel } from '../../src/testing/scripted-model.ts';
import { errorOf, readAll, readUntilError } from '../support/read-stream.ts';
import { collectUntil } from '../support/turns.ts';
import { untilQuiet } from '../support/until-quiet.ts';

let model: Model;
async function load(...replies: ScriptedReply[]): Promise<void> {
  model = await scriptedModel({ replies });
}
afterEach(() => model.close());

/** Long enough, and slow enough, that no test waits for its end. */
const endless: ScriptedReply = { text: 'x'.repeat(3000), stepMs: 5 };
const nothingLeft = { liveSequences: 0, queuedSequences: 0, unreadParts: 0 };

describe('a whole generation', () => {
  it.each([
    ['Hello'],
    ['👩‍🚀🇫🇷👍🏽 emoji, some of several code points'],
    ['春眠不觉晓，处处闻啼鸟。'],
    ['e\u0301 a\u0308 Ω̃ combining characters'],
    ['नमस्ते, مرحبا, שלום'],
    ['line\r\nbreaks\t and \u0000 controls "quoted" \\ back\u2028slash'],
    ['x'.repeat(1000)],
  ])('gives deltas that are %j when joined, each of whole characters', async (text) => {
    await load({ text });
    const stream = model.streamPrompt('Hi');
    const parts = await readAll(stream);
    const deltas = parts.flatMap((part) => (part.type === 'text-delta' ? [part.delta] : []));
    expect(deltas.join('')).toBe(text);
    for (const delta of deltas) {
      expect(delta).not.toBe('');
      expect(delta.isWellFormed()).toBe(true);
      expect(delta).not.toContain('\uFFFD');
    }
    expect(parts.at(-1)).toMatchObject({ type: 'finish', finishReason: 'stop' });
    expect(parts.filter(({ type }) => type === 'finish')).toHaveLength(1);
    expect((await stream.result()).text).toBe(text);
  });

  it('counts tokens and milliseconds', async () => {
    await load({ text: 'Hello', prefillMs: 20, stepMs: 5 });
    const { usage, timings } = await model.streamPrompt('Hi').result();
    expect(usage.inputTokens).toBeGreaterThan(2);
    expect([5, 6]).toContain(usage.outputTokens);
    expect(usage.totalTokens).toBe(usage.inputTokens + usage.outputTokens);
    expect(timings.prefillMs).toBeGreaterThanOrEqual(15);
    expect(timings.firstTokenMs).toBeGreaterThanOrEqual(15);
    expect(timings.decodeMs).toBeGreaterThan(10);
    expect(timings.totalMs).toBeGreaterThanOrEqual(timings.firstTokenMs ?? 0);
    expect(timings.tokensPerSecond).toBeGreaterThan(0);
  });

  it('gives the n-th stream the n-th reply, whichever way it is asked', async () => {
    await load({ text: 'one' }, { text: 'two' }, { text: 'three' });
    const texts = [
      await model.streamPrompt('Hi').result(),
      await model.streamChat([{ role: 'user', content: 'Hi' }]).result(),
      await model.streamCompletion({ prompt: 'Hi' }).result(),
      await model.streamCompletion({ tokens: [72, 105] }).result(),
    ].map(({ text }) => text);
    expect(texts).toEqual(['one', 'two', 'three', 'one']);
  });

  it('feeds raw text and tokens as they are, and messages through the template', async () => {
    await load({ text: 'a' });
    const inputTokens = async (stream: GenerationStream) => (await stream.result()).usage.inputTokens;
    expect(await inputTokens(model.streamCompletion({ prompt: 'Hi' }))).toBe(2);
    expect(await inputTokens(model.streamCompletion({ tokens: [72, 105, 33] }))).toBe(3);
    expect(await inputTokens(model.streamPrompt('Hi'))).toBeGreaterThan(10);
  });

  it('ends at maxOutputTokens with reason length', async () => {
    await load({ text: 'Hello' });
    const result = await model.streamPrompt('Hi', { maxOutputTokens: 3 }).result();
    expect(result).toMatchObject({ text: 'Hel', finishReason: 'length', usage: { outputTokens: 3 } });
  });

  it('ends before a stop sequence, of which nothing is delivered', async () => {
    await load({ text: 'one two three' });
    const stream = model.streamPrompt('Hi', { stopSequences: ['two', 'zebra'] });
    expect((await readAll(stream.textStream)).join('')).toBe('one ');
    expect(await stream.result()).toMatchObject({ text: 'one ', finishReason: 'stop' });
  });
});

describe('reading', () => {
  it('yields parts while the generation runs', async () => {
    await load(endless);
    const iterator = model.streamPrompt('Hi')[Symbol.asyncIterator]();
    expect(await iterator.next()).toMatchObject({ done: false, value: { type: 'text-delta' } });
    expect(model.metrics().liveSequences).toBe(1);
    await iterator.return?.();
  });

  it('answers overlapping next() calls in order', async () => {
    await load({ text: 'abcdef', stepMs: 1 });
    const iterator = model.streamPrompt('Hi')[Symbol.asyncIterator]();
    const reads = await Promise.all(Array.from({ length: 20 }, () => iterator.next()));
    const text = reads.map(({ value }) => (value?.type === 'text-delta' ? value.delta : '')).join('');
    expect(text).toBe('abcdef');
    const last = reads.findIndex(({ value }) => value?.type === 'finish');
    expect(reads.slice(last + 1).every(({ done }) => done)).toBe(true);
  });

  it('does not start what is not read', async () => {
    await load({ text: 'a' });
    void model.streamPrompt('Hi').textStream;
    await readAll(model.streamPrompt('Hi'));
    expect(model.metrics().totalSequences).toBe(1);
  });

  it('is not delayed by a stream that somebody else has begun and reads no further', async () => {
    await load({ text: 'x'.repeat(500) }, { text: 'quick' });
    const slow = model.streamPrompt('Hi')[Symbol.asyncIterator]();
    await slow.next();
    expect((await model.streamPrompt('Hi').result()).text).toBe('quick');
    let text = 'x';
    for await (const part of slow) if (part.type === 'text-delta') text += part.delta;
    expect(text.length).toBeGreaterThan(490);
  });
});

describe('leaving frees the sequence', () => {
  const ways: Record<string, (stream: GenerationStream, controller: AbortController) => Promise<unknown>> = {
    'break at the first part': async (stream) => {
      for await (const part of stream) if (part) break;
    },
    'break at the fifth part': async (stream) => {
      let count = 0;
      for await (const part of stream) if (part.type === 'finish' || (count += 1) === 5) break;
    },
    'break out of textStream': async (stream) => {
      for await (const delta of stream.textStream) if (delta) break;
    },
    'an error in the loop': (stream) =>
      readUntilError(
        (async function* boom() {
          for await (const part of stream) throw new Error(part.type);
          yield undefined;
        })(),
      ),
    'return() behind a pending next()': async (stream) => {
      const iterator = stream[Symbol.asyncIterator]();
      const pending = iterator.next();
      await iterator.return?.();
      expect(await pending).toEqual({ done: true, value: undefined });
    },
    'throw()': async (stream) => {
      const iterator = stream[Symbol.asyncIterator]();
      await iterator.next();
      await errorOf(iterator.throw?.(new Error('enough')) ?? Promise.resolve());
    },
    'the end of an await using scope': async (stream) => {
      await using scoped = stream;
      await scoped[Symbol.asyncIterator]().next();
    },
    'cancel()': async (stream) => {
      await stream[Symbol.asyncIterator]().next();
      stream.cancel();
    },
    'the abortSignal': async (stream, controller) => {
      await stream[Symbol.asyncIterator]().next();
      controller.abort();
    },
  };

  it.each(Object.keys(ways))('by %s', async (way) => {
    await load(endless);
    const controller = new AbortController();
    const stream = model.streamPrompt('Hi', { abortSignal: controller.signal });
    await ways[way]?.(stream, controller);
    const startedAt = performance.now();
    expect(await untilQuiet(model)).toMatchObject(nothingLeft);
    expect(performance.now() - startedAt).toBeLessThan(1000);
    const result = await stream.result();
    expect(result.finishReason).toBe('aborted');
    expect(endless.text.startsWith(result.text)).toBe(true);
  });

  it('by garbage collection', async () => {
    await load(endless);
    await (async () => void (await model.streamPrompt('Hi')[Symbol.asyncIterator]().next()))();
    await collectUntil(() => model.metrics().liveSequences === 0);
    expect(await untilQuiet(model)).toMatchObject(nothingLeft);
    expect(model.metrics().totalSequences).toBe(1);
  });

  it('while it still waits behind another one', async () => {
    await load(endless);
    const running = model.streamPrompt('Hi');
    await running[Symbol.asyncIterator]().next();
    const waiting = model.streamPrompt('Ho');
    const result = waiting.result();
    waiting.cancel();
    expect(await result).toMatchObject({ finishReason: 'aborted' });
    running.cancel();
    expect(await untilQuiet(model)).toMatchObject(nothingLeft);
  });

  it('and a later stream is served', async () => {
    await load(endless, { text: 'next' });
    for await (const part of model.streamPrompt('Hi')) if (part) break;
    expect((await model.streamPrompt('Hi').result()).text).toBe('next');
  });
});

describe('cancelling is no error', () => {
  it('gives finish with reason aborted, and exact counts', async () => {
    await load(endless);
    const stream = model.streamPrompt('Hi');
    const parts: StreamPart[] = [];
    for await (const part of stream) {
      parts.push(part);
      if (parts.length === 3) stream.cancel();
    }
    const last = parts.at(-1);
    expect(last).toMatchObject({ type: 'finish', finishReason: 'aborted' });
    const { text, usage } = await stream.result();
    expect(parts.flatMap((part) => (part.type === 'text-delta' ? [part.delta] : [])).join('')).toBe(text);
    expect(usage.outputTokens).toBeGreaterThanOrEqual(text.length);
  });

  it('but reading a stream whose signal was raised before is, and nothing starts', async () => {
    await load(endless);
    const stream = model.streamPrompt('Hi', { abortSignal: AbortSignal.abort('late') });
    expect((await readUntilError(stream)).error).toMatchObject({ code: 'aborted', cause: 'late' });
    expect(model.metrics().totalSequences).toBe(0);
  });

  it('by AbortSignal.timeout', async () => {
    await load(endless);
    const result = await model.streamPrompt('Hi', { abortSignal: AbortSignal.timeout(100) }).result();
    expect(result.finishReason).toBe('aborted');
  });
});

describe('failing', () => {
  it('comes after the parts before it, with the text so far, once', async () => {
    await load({ text: 'Hello', failAfterTokens: 3 });
    const stream = model.streamPrompt('Hi');
    const iterator = stream[Symbol.asyncIterator]();
    let text = '';
    const error = await errorOf(
      (async () => {
        for (;;) {
          const { value } = await iterator.next();
          if (value?.type === 'text-delta') text += value.delta;
        }
      })(),
    );
    expect(error).toMatchObject({ code: 'engine-failed', partial: { text } });
    expect('Hello'.startsWith(text)).toBe(true);
    expect(error.partial?.usage.outputTokens).toBe(3);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(await errorOf(stream.result())).toBe(error);
    expect(await untilQuiet(model)).toMatchObject(nothingLeft);
  });

  it('of one stream leaves the others alone', async () => {
    await load({ text: 'Hello', stepMs: 1, failAfterTokens: 2 }, { text: 'World', stepMs: 1 });
    const [failed, fine] = await Promise.all([
      errorOf(model.streamPrompt('Hi').result()),
      model.streamPrompt('Hi').result(),
    ]);
    expect(failed.code).toBe('engine-failed');
    expect(fine.text).toBe('World');
  });

  it('is context-overflow for a prompt that does not fit', async () => {
    model = await scriptedModel({ replies: [{ text: 'a' }], contextLength: 64 });
    expect(await errorOf(model.streamPrompt('x'.repeat(100)).result())).toMatchObject({ code: 'context-overflow' });
  });

  it('names the field for a token that the vocabulary lacks', async () => {
    await load({ text: 'a' });
    const error = await errorOf(model.streamCompletion({ tokens: [4_000_000_000] }).result());
    expect(error).toMatchObject({ code: 'invalid-argument', field: expect.stringContaining('tokens') });
  });
});
