import { beforeEach, expect, it } from 'vitest';
import type { GenerationStream, Model } from '../../src/index.ts';
import { timings, usage } from '../support/fake-native-model.ts';
import type { FakeNativeModel } from '../support/fake-native-model.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { everyPart, likely, part } from '../support/parts.ts';
import { readAll, readUntilError } from '../support/read-stream.ts';

let model: Model;
let native: FakeNativeModel;
let stream: GenerationStream;
beforeEach(async () => {
  ({ model, native } = await openFakeModel());
  stream = model.streamPrompt('Hi');
});

it('are yielded in order, of every type', async () => {
  const read = readAll(stream);
  native.writeParts(1, ...everyPart);
  expect(await read).toEqual(everyPart);
});

it('make up the result: text, reasoning, tool calls and the message', async () => {
  const result = stream.result();
  native.writeParts(1, ...everyPart);
  const toolCalls = [{ toolCallId: 'call-1', toolName: 'weather', input: { city: 'Genova' }, inputText: '{"city":"Genova"}' }];
  expect(await result).toEqual({
    text: 'One moment',
    reasoning: 'Let me look.',
    toolCalls,
    message: { role: 'assistant', content: 'One moment', reasoning: 'Let me look.', toolCalls },
    finishReason: 'tool-calls',
    usage,
    timings,
    logProbabilities: [likely('One'), likely(' ')],
    bufferHighWater: { parts: 9, bytes: 64, pauses: 0 },
  });
});

it('give the message that the next request can hold', async () => {
  const result = stream.result();
  native.write(1, 'Hello');
  native.finish(1);
  const { message } = await result;
  void model.streamChat([{ role: 'user', content: 'Hi' }, message]).result();
  expect(native.requests.get(2)).toMatchObject({ prompt: { messages: [{}, { role: 'assistant', content: 'Hello' }] } });
});

it('are in the partial of an error', async () => {
  const read = readUntilError(stream);
  native.writeParts(1, ...everyPart.slice(0, -1));
  native.fail(1, { code: 'engine-failed', message: 'no' });
  const { error } = await read;
  expect(error?.partial).toMatchObject({ text: 'One moment', reasoning: 'Let me look.', toolCalls: [{ toolCallId: 'call-1' }] });
});

it('of log-probabilities make up those of the result, and are no part of the message', async () => {
  const [result, other] = [stream.result(), model.streamPrompt('Ho').result()];
  native.writeParts(1, part.likely('a', 'b'), part.text('ab'), part.likely(''), part.finish());
  native.writeParts(2, part.text('ab'), part.finish());
  expect((await result).logProbabilities).toEqual([likely('a'), likely('b'), likely('')]);
  expect((await result).message).toEqual({ role: 'assistant', content: 'ab' });
  expect(await other).not.toHaveProperty('logProbabilities');
});

it('of text alone are what textStream yields, and of reasoning alone what reasoningStream does', async () => {
  const other = model.streamPrompt('Hi');
  const read = Promise.all([readAll(stream.textStream), readAll(other.reasoningStream)]);
  native.writeParts(1, ...everyPart);
  native.writeParts(2, ...everyPart);
  expect(await read).toEqual([['One ', 'moment'], ['Let me ', 'look.']]);
});

it('that reasoningStream does not want are not lost for the result', async () => {
  const read = readAll(stream.reasoningStream);
  native.writeParts(1, part.text('a'), part.thought('b'), part.finish());
  expect(await read).toEqual(['b']);
  expect(await stream.result()).toMatchObject({ text: 'a', reasoning: 'b' });
});
