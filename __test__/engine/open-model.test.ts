import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { openModel } from '../../src/engine/open-model.ts';
import type { LoadProgress } from '../../src/index.ts';
import { fakeBinding, fakeInfo } from '../support/fake-native-model.ts';
import { errorOf } from '../support/read-stream.ts';
import { turns } from '../support/turns.ts';

let fake: ReturnType<typeof fakeBinding>;
let controller: AbortController;
beforeEach(() => {
  fake = fakeBinding();
  controller = new AbortController();
});

function open(onProgress?: (progress: LoadProgress) => void) {
  const opening = openModel({ json: '{"model":"a"}', abortSignal: controller.signal, onProgress }, () => fake.binding);
  const [native] = fake.models;
  return { opening, native };
}

const progress: LoadProgress = { phase: 'load', done: 1, total: 2, unit: 'tensors' };

it('passes the options on, and resolves with a model that tells its info', async () => {
  const { opening, native } = open();
  expect(native?.optionsJson).toBe('{"model":"a"}');
  native?.finishLoad();
  expect((await opening).info).toEqual(fakeInfo);
});

it('rejects with the error of the load, and closes what was loaded', async () => {
  const { opening, native } = open();
  native?.failLoad({ code: 'invalid-model', message: 'cut short', file: 'a.gguf' });
  expect(await errorOf(opening)).toMatchObject({ code: 'invalid-model', message: 'cut short', file: 'a.gguf' });
  expect(native?.closeCalls).toBe(1);
});

it('rejects with engine-failed where the native model cannot be made', async () => {
  const binding = {
    NativeModel: function refuse() {
      throw new Error('no threads');
    },
  } as unknown as typeof fake.binding;
  const load = { json: '{}', abortSignal: undefined, onProgress: undefined };
  expect(await errorOf(openModel(load, () => binding))).toMatchObject({ code: 'engine-failed', cause: { message: 'no threads' } });
});

describe('abortSignal', () => {
  it('raised before: nothing is loaded', async () => {
    const reason = new Error('gone');
    controller.abort(reason);
    const { opening, native } = open();
    expect(await errorOf(opening)).toMatchObject({ code: 'aborted', cause: reason });
    expect(native).toBeUndefined();
  });

  it('raised during the load: rejects at once and closes', async () => {
    const { opening, native } = open();
    controller.abort();
    expect(await errorOf(opening)).toMatchObject({ code: 'aborted', cause: { name: 'AbortError' } });
    expect(native?.closeCalls).toBe(1);
  });

  it('raised after the load: no effect', async () => {
    const { opening, native } = open();
    native?.finishLoad();
    await opening;
    controller.abort();
    await turns();
    expect(native?.closeCalls).toBe(0);
  });

  it.each(['success', 'failure', 'abort'])('is no longer listened to after %s', async (ending) => {
    const { opening, native } = open();
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    if (ending === 'success') native?.finishLoad();
    if (ending === 'failure') native?.failLoad({ code: 'engine-failed', message: 'no' });
    if (ending === 'abort') controller.abort();
    await Promise.allSettled([opening]);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });
});

describe('onProgress', () => {
  it('gets each report, and none once the load is over', async () => {
    const reports: LoadProgress[] = [];
    const { opening, native } = open((report) => reports.push(report));
    native?.reportProgress(progress);
    native?.finishLoad();
    await opening;
    native?.reportProgress(progress);
    expect(reports).toEqual([progress]);
  });

  it('gets none after an abort', async () => {
    const reports: LoadProgress[] = [];
    const { opening, native } = open((report) => reports.push(report));
    controller.abort();
    await errorOf(opening);
    native?.reportProgress(progress);
    expect(reports).toEqual([]);
  });

  it('runs in the async context of the caller', async () => {
    const storage = new AsyncLocalStorage<string>();
    const elsewhere = new AsyncResource('elsewhere');
    const seen: unknown[] = [];
    const { opening, native } = storage.run('caller', () => open(() => seen.push(storage.getStore())));
    elsewhere.runInAsyncScope(() => native?.reportProgress(progress));
    native?.finishLoad();
    await opening;
    expect(seen).toEqual(['caller']);
  });

  it('cancels the load where it throws, which rejects with what was thrown', async () => {
    const thrown = new Error('no more disk');
    let calls = 0;
    const { opening, native } = open(() => {
      calls += 1;
      throw thrown;
    });
    expect(() => native?.reportProgress(progress)).not.toThrow();
    native?.reportProgress(progress);
    expect(await errorOf(opening)).toBe(thrown);
    expect(native?.closeCalls).toBe(1);
    expect(calls).toBe(1);
  });
});
