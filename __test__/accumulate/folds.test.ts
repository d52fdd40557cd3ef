import { expect, it } from 'vitest';
import { result } from '../../src/accumulate/result.ts';
import { text } from '../../src/accumulate/text.ts';
import type { FinishPart, StreamPart } from '../../src/index.ts';
import { timings, usage } from '../support/fake-native-model.ts';

const finish: FinishPart = { type: 'finish', finishReason: 'stop', usage, timings };

it('text joins the deltas and leaves out everything else', () => {
  const parts: StreamPart[] = [{ type: 'text-delta', delta: '你' }, { type: 'text-delta', delta: '好👩‍🚀' }, finish];
  expect(parts.reduce(text, '')).toBe('你好👩‍🚀');
});

it('result is the text and what the finish part says', () => {
  expect(result('a', finish)).toEqual({ text: 'a', finishReason: 'stop', usage, timings });
});
