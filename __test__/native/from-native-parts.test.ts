import { expect, it } from 'vitest';
import { fromNativeParts } from '../../src/native/from-native-parts.ts';
import { timings, usage } from '../support/fake-native-model.ts';
import { everyPart } from '../support/parts.ts';

const read = (...parts: unknown[]) =>
  fromNativeParts(JSON.stringify({ parts: parts.map((part) => [1, part]), more: false })).parts.map(([, part]) => part);

it('parts of every type are read as they are', () => {
  expect(read(...everyPart)).toEqual(everyPart);
});

it('a tool call whose arguments are no JSON has an input that is undefined', () => {
  const call = { type: 'tool-call', index: 0, toolCallId: 'a', toolName: 'f', inputText: '{"city": ' };
  const [part] = read(call);
  expect(part).toEqual({ ...call, input: undefined });
  expect(Object.keys(part ?? {})).toContain('input');
});

it('counts that are left out are zero', () => {
  const { cachedInputTokens: _, ...someUsage } = usage;
  const { pausedMs: __, ...someTimings } = timings;
  const filledIn = { usage: { ...usage, cachedInputTokens: 0 }, timings };
  const counts = { usage: someUsage, timings: someTimings };
  const error = { code: 'engine-failed', message: 'no' };
  expect(read({ type: 'finish', finishReason: 'stop', ...counts }, { type: 'error', error, ...counts })).toEqual([
    { type: 'finish', finishReason: 'stop', ...filledIn },
    { type: 'error', error, ...filledIn },
  ]);
});
