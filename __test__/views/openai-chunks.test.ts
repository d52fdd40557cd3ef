import { beforeEach, describe, expect, it } from 'vitest';
import type { GenerationStream, Model, OpenAIChatChunk, OpenAIChunkOptions, StreamPart } from '../../src/index.ts';
import type { FakeNativeModel } from '../support/fake-native-model.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { everyPart, part } from '../support/parts.ts';
import { readAll, readUntilError } from '../support/read-stream.ts';

let model: Model;
let native: FakeNativeModel;
let stream: GenerationStream;
beforeEach(async () => {
  ({ model, native } = await openFakeModel());
  stream = model.streamPrompt('Hi');
});

async function chunksOf(parts: readonly StreamPart[], options?: OpenAIChunkOptions): Promise<OpenAIChatChunk[]> {
  const read = readAll(stream.toOpenAIChunks(options));
  await Promise.resolve();
  native.writeParts(1, ...parts);
  return read;
}

const deltasOf = (chunks: readonly OpenAIChatChunk[]) => chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
const reasonsOf = (chunks: readonly OpenAIChatChunk[]) =>
  chunks.flatMap(({ choices }) => choices.map((choice) => choice.finish_reason));

describe('chunks', () => {
  it('give the role first, then everything in order', async () => {
    expect(deltasOf(await chunksOf(everyPart))).toEqual([
      { role: 'assistant', content: '' },
      { reasoning_content: 'Let me ' },
      { reasoning_content: 'look.' },
      { content: 'One ' },
      { content: 'moment' },
      { tool_calls: [{ index: 0, id: 'call-1', type: 'function', function: { name: 'weather', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '"Genova"}' } }] },
      {},
    ]);
  });

  it('give the finish reason once, at the end', async () => {
    const reasons = reasonsOf(await chunksOf(everyPart));
    expect(reasons.filter((reason) => reason !== null)).toEqual(['tool_calls']);
    expect(reasons.at(-1)).toBe('tool_calls');
  });

  it('give the role also where nothing else comes', async () => {
    const chunks = await chunksOf([part.finish()]);
    expect(deltasOf(chunks)).toEqual([{ role: 'assistant', content: '' }, {}]);
    expect(reasonsOf(chunks)).toEqual([null, 'stop']);
  });

  it('have the same id, time and model throughout', async () => {
    const chunks = await chunksOf([part.text('a'), part.finish()]);
    const heads = new Set(chunks.map(({ id, object, created, model: name }) => JSON.stringify([id, object, created, name])));
    expect(heads.size).toBe(1);
    expect(chunks[0]).toMatchObject({ id: expect.stringMatching(/^chatcmpl-/), object: 'chat.completion.chunk', model: 'fake' });
    expect(Math.abs((chunks[0]?.created ?? 0) - Date.now() / 1000)).toBeLessThan(5);
  });

  it('take id, model and time from the options', async () => {
    const [chunk] = await chunksOf([part.finish()], { id: 'x', model: 'm', created: 1 });
    expect(chunk).toMatchObject({ id: 'x', model: 'm', created: 1 });
  });

  it('say nothing of usage where it is not asked for', async () => {
    for (const chunk of await chunksOf([part.text('a'), part.finish()])) expect(chunk).not.toHaveProperty('usage');
  });

  it('give the usage in a last chunk without choices, and null before', async () => {
    const chunks = await chunksOf([part.text('a'), part.finish()], { includeUsage: true });
    expect(chunks.map(({ usage }) => usage)).toEqual([
      null,
      null,
      null,
      { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5, prompt_tokens_details: { cached_tokens: 1 } },
    ]);
    expect(chunks.at(-1)?.choices).toEqual([]);
  });

  it.each([
    ['length', 'length'],
    ['aborted', 'length'],
    ['error', 'length'],
    ['stop', 'stop'],
  ] as const)('call the reason %s %s', async (reason, called) => {
    expect(reasonsOf(await chunksOf([part.finish(reason)])).at(-1)).toBe(called);
  });
});

describe('log-probabilities', () => {
  const logprobsOf = (chunks: readonly OpenAIChatChunk[]) =>
    chunks.flatMap(({ choices }) => choices.map(({ delta, logprobs }) => [delta.content, logprobs?.content.map(({ token }) => token)]));

  it('are on the chunk of the text that follows, and those without a text on the last', async () => {
    const chunks = await chunksOf([
      part.likely('H'),
      part.likely('e'),
      part.text('He'),
      part.text('!'),
      part.likely('y'),
      part.text('y'),
      part.likely('', '<end>'),
      part.finish(),
    ]);
    expect(logprobsOf(chunks)).toEqual([
      ['', undefined],
      ['He', ['H', 'e']],
      ['!', undefined],
      ['y', ['y']],
      [undefined, ['', '<end>']],
    ]);
  });

  it('have the shape of OpenAI, with the bytes of what is whole', async () => {
    const [, chunk] = await chunksOf([part.likely('é', 'a\uFFFD'), part.text('é'), part.finish()]);
    const known = { token: 'é', logprob: -1, bytes: [0xc3, 0xa9] };
    const broken = { token: 'a\uFFFD', logprob: -2, bytes: null };
    expect(chunk?.choices[0]?.logprobs?.content).toEqual([
      { ...known, top_logprobs: [known] },
      { ...broken, top_logprobs: [broken] },
    ]);
  });

  it('are not spoken of where there are none', async () => {
    for (const { choices } of await chunksOf([part.text('a'), part.finish()])) expect(choices[0]).not.toHaveProperty('logprobs');
  });
});

describe('tool calls', () => {
  const callsIn = (chunks: readonly OpenAIChatChunk[]) =>
    deltasOf(chunks).flatMap(({ tool_calls: calls = [] }) =>
      calls.map(({ index, id, function: { name, arguments: text } }) => [index, id, name, text]),
    );

  it('are numbered anew where the source uses an index again', async () => {
    const chunks = await chunksOf([
      part.toolStart(4, 'a', 'f'),
      part.toolDelta(4, 'a', '1'),
      part.toolStart(4, 'b', 'g'),
      part.toolDelta(4, '', '2'),
      part.finish('tool-calls'),
    ]);
    expect(callsIn(chunks)).toEqual([
      [0, 'a', 'f', ''],
      [0, undefined, undefined, '1'],
      [1, 'b', 'g', ''],
      [1, undefined, undefined, '2'],
    ]);
  });

  it('that come whole are sent whole, once', async () => {
    const chunks = await chunksOf([part.tool(0, 'a', 'f', { x: 1 }), part.tool(0, 'a', 'f', { x: 1 }), part.finish('tool-calls')]);
    expect(callsIn(chunks)).toEqual([[0, 'a', 'f', '{"x":1}']]);
  });

  it('are sent when their name is known, with what came before it', async () => {
    const chunks = await chunksOf([part.toolDelta(0, 'a', '1'), part.toolStart(0, 'a', 'f'), part.toolDelta(0, 'a', '2'), part.finish()]);
    expect(callsIn(chunks)).toEqual([[0, 'a', 'f', '1'], [0, undefined, undefined, '2']]);
  });
});

it('throw where the stream does, after the chunks before', async () => {
  const read = readUntilError(stream.toOpenAIChunks());
  await Promise.resolve();
  native.write(1, 'a');
  native.fail(1, { code: 'engine-failed', message: 'no' });
  const { values, error } = await read;
  expect(values).toHaveLength(2);
  expect(error?.code).toBe('engine-failed');
});

it('are answered in order where reads overlap', async () => {
  const iterator = stream.toOpenAIChunks({ includeUsage: true })[Symbol.asyncIterator]();
  const reads = Array.from({ length: 7 }, () => iterator.next());
  await Promise.resolve();
  native.writeParts(1, part.text('a'), part.finish());
  const chunks = (await Promise.all(reads)).map(({ value }) => value?.choices[0]?.delta ?? value?.usage);
  expect(chunks).toMatchObject([{ role: 'assistant' }, { content: 'a' }, {}, { total_tokens: 5 }, undefined, undefined, undefined]);
});
