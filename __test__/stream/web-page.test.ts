import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Model } from '../../src/index.ts';
import { nextTurn } from '../../src/stream/next-turn.ts';
import type { FakeNativeModel } from '../support/fake-native-model.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { errorOf } from '../support/error-of.ts';
import { errorOf as rejectionOf } from '../support/read-stream.ts';

// What a web page lacks, or has otherwise, is taken away here; that the whole runs on one shows in __test__/port.

let model: Model;
let native: FakeNativeModel;
beforeEach(async () => {
  ({ model, native } = await openFakeModel());
});
afterEach(() => void vi.unstubAllGlobals());

it('what is to run in the next turn runs in order, without setImmediate', async () => {
  vi.stubGlobal('setImmediate', undefined);
  const order: number[] = [];
  await new Promise<void>((resolve) => {
    for (const number of [1, 2, 3]) nextTurn(() => void order.push(number));
    nextTurn(resolve);
    order.push(0);
  });
  expect(order).toEqual([0, 1, 2, 3]);
});

it('timeouts are watched where timers are numbers', async () => {
  const { setTimeout: start } = globalThis;
  vi.stubGlobal('setTimeout', (run: () => void, ms: number) => Number(start(run, ms)));
  const stream = model.streamPrompt('Hi', { idleTimeoutMs: 20 });
  const result = stream.result();
  native.write(1, 'a');
  setImmediate(() => native.write(1, 'b'));
  expect(await rejectionOf(result)).toMatchObject({ code: 'idle-timeout', partial: { text: 'ab' } });
  expect(native.cancelled).toEqual([1]);
});

it('a Node stream says what to use in its place', () => {
  vi.stubGlobal('process', undefined);
  expect(errorOf(() => model.streamPrompt('Hi').toNodeReadable())).toMatchObject({
    code: 'invalid-argument',
    message: expect.stringContaining('toReadableStream()') as string,
  });
});
