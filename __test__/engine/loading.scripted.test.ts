import { AsyncLocalStorage } from 'node:async_hooks';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../../src/index.ts';
import type { LoadProgress } from '../../src/index.ts';
import { scriptedModel } from '../../src/testing/scripted-model.ts';
import { errorOf, readUntilError } from '../support/read-stream.ts';

const replies = [{ text: 'Hello' }];

it('gives a model that tells what it is', async () => {
  await using model = await scriptedModel({ replies, contextLength: 1024 });
  expect(model.info).toMatchObject({ format: 'scripted', contextLength: 1024, chatTemplate: expect.any(String) });
});

it('begins with nothing counted', async () => {
  await using model = await scriptedModel({ replies });
  expect(model.metrics()).toEqual({
    liveSequences: 0,
    queuedSequences: 0,
    parkedSequences: 0,
    totalSequences: 0,
    finishedSequences: 0,
    failedSequences: 0,
    abortedSequences: 0,
    inputTokens: 0,
    cachedTokens: 0,
    prefillTokens: 0,
    generatedTokens: 0,
    bellsRung: 0,
    unreadParts: 0,
  });
});

it('rejects with model-not-found for a file that is not there', async () => {
  const file = join(tmpdir(), 'tramontane-no-such-model.gguf');
  expect(await errorOf(loadModel(file, { offline: true }))).toMatchObject({ code: 'model-not-found' });
});

it('reports well-formed progress, in the async context of the caller', async () => {
  const storage = new AsyncLocalStorage<string>();
  const reports: LoadProgress[] = [];
  const stores: unknown[] = [];
  const onProgress = (progress: LoadProgress) => {
    reports.push(progress);
    stores.push(storage.getStore());
  };
  await using model = await storage.run('caller', () => scriptedModel({ replies, loadMs: 200 }, { onProgress }));
  expect(model.info.format).toBe('scripted');
  for (const report of reports) {
    expect(['resolve', 'download', 'load', 'ready']).toContain(report.phase);
    expect(report.done).toBeTypeOf('number');
  }
  expect(new Set(stores)).toEqual(new Set(reports.length > 0 ? ['caller'] : []));
});

describe('aborting', () => {
  it('rejects at once, long before the load would end', async () => {
    const controller = new AbortController();
    const reason = new Error('gone');
    const loading = errorOf(scriptedModel({ replies, loadMs: 60_000 }, { abortSignal: controller.signal }));
    setTimeout(() => controller.abort(reason), 50);
    const startedAt = performance.now();
    expect(await loading).toMatchObject({ code: 'aborted', cause: reason });
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('loads nothing where the signal is raised already', async () => {
    const { error } = await readUntilError(
      (async function* load() {
        yield await scriptedModel({ replies }, { abortSignal: AbortSignal.abort() });
      })(),
    );
    expect(error).toMatchObject({ code: 'aborted', cause: { name: 'AbortError' } });
  });
});

describe('closing', () => {
  it('ends running streams with aborted before it resolves, and refuses later ones', async () => {
    const model = await scriptedModel({ replies: [{ text: 'x'.repeat(2000), stepMs: 5 }] });
    const running = [model.streamPrompt('a'), model.streamPrompt('b')];
    const results = Promise.all(running.map((stream) => stream.result()));
    const first = running[0]?.[Symbol.asyncIterator]();
    await first?.next();
    await model.close();
    const ended = await Promise.race([results, 'still running']);
    expect(ended).toMatchObject([{ finishReason: 'aborted' }, { finishReason: 'aborted' }]);
    expect(await errorOf(model.streamPrompt('c').result())).toMatchObject({ code: 'closed' });
    await model.close();
    expect(model.metrics()).toMatchObject({ liveSequences: 0, queuedSequences: 0 });
  });

  it('is possible any number of times, at once', async () => {
    const model = await scriptedModel({ replies });
    const closing = Promise.all([model.close(), model.close(), model[Symbol.asyncDispose]()]);
    await expect(closing).resolves.toHaveLength(3);
  });
});

it('several models work side by side', async () => {
  const models = await Promise.all(['a', 'b', 'c'].map((text) => scriptedModel({ replies: [{ text }] })));
  const results = await Promise.all(models.map((model) => model.streamPrompt('Hi').result()));
  expect(results.map(({ text }) => text)).toEqual(['a', 'b', 'c']);
  await Promise.all(models.map((model) => model.close()));
});
