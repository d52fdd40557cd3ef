import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../../src/index.ts';
import type { LoadProgress, Model } from '../../src/index.ts';
import { writeTinyGguf, writeTinySafetensors } from '../support/models/tiny-model.ts';
import { errorOf, readAll } from '../support/read-stream.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { testModel } from '../support/test-model.ts';

const scratch = scratchFolder();
const gguf = join(scratch, 'tiny.gguf');
const other = join(scratch, 'other.gguf');
const folder = join(scratch, 'tiny');
writeTinyGguf(gguf);
writeTinyGguf(other, { seed: 2 });
writeTinySafetensors(folder);

async function greedyReply(model: Model): Promise<string> {
  return (await model.streamPrompt('Hello there', { temperature: 0, maxOutputTokens: 24 }).result()).text;
}

describe('onProgress', () => {
  it.each([
    ['the real model', testModel()],
    ['a tiny file', gguf],
    ['a tiny folder', folder],
  ])('tells of %s phase by phase, never backwards, and last that it is ready', async (_, path) => {
    const reports: LoadProgress[] = [];
    await using model = await loadModel(path, { onProgress: (progress) => void reports.push(progress) });
    const phases = reports.map(({ phase }) => phase);
    expect([...new Set(phases)]).toEqual(['resolve', 'load', 'ready']);
    expect(phases).toEqual(phases.toSorted((a, b) => 'resolve load ready'.indexOf(a) - 'resolve load ready'.indexOf(b)));
    expect(phases.filter((phase) => phase === 'ready')).toHaveLength(1);
    for (const phase of ['load', 'ready'] as const) {
      const done = reports.filter((report) => report.phase === phase).map((report) => report.done);
      expect(done).toEqual(done.toSorted((a, b) => a - b));
    }
    for (const { done, total, unit } of reports) {
      expect(unit).toBe('bytes');
      expect(done).toBeLessThanOrEqual(total ?? 0);
    }
    const last = reports.findLast(({ phase }) => phase === 'load');
    expect(last?.done).toBe(last?.total);
    // Nothing comes after the load.
    const count = reports.length;
    await greedyReply(model);
    expect(reports).toHaveLength(count);
  });

  it('that throws cancels the load with what it has thrown', async () => {
    const reason = new Error('no more of this');
    const onProgress = ({ phase }: LoadProgress) => {
      if (phase === 'load') throw reason;
    };
    await expect(loadModel(testModel(), { onProgress })).rejects.toBe(reason);
  });
});

describe('aborting', () => {
  it('during a load rejects at once, with the reason', async () => {
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    let turnsSince: number | undefined;
    const countTurns = () => {
      turnsSince = (turnsSince ?? -1) + 1;
      if (turnsSince < 1000) setImmediate(countTurns);
    };
    const onProgress = ({ phase }: LoadProgress) => {
      if (phase !== 'load' || turnsSince !== undefined) return;
      controller.abort(reason);
      countTurns();
    };
    const error = await errorOf(loadModel(testModel(), { abortSignal: controller.signal, onProgress }));
    expect(error).toMatchObject({ code: 'aborted', cause: reason });
    // The load itself goes on for a second; nobody waits for it.
    expect(turnsSince).toBeLessThan(3);
  });

  it('after a load has no effect', async () => {
    const controller = new AbortController();
    await using model = await loadModel(gguf, { abortSignal: controller.signal });
    controller.abort();
    expect(await greedyReply(model)).not.toBe('');
  });

  it('one of two loads leaves the other alone', async () => {
    const controller = new AbortController();
    const aborted = errorOf(loadModel(testModel(), { abortSignal: controller.signal }));
    const loading = loadModel(gguf);
    controller.abort();
    expect(await aborted).toMatchObject({ code: 'aborted' });
    await using model = await loading;
    expect(await greedyReply(model)).not.toBe('');
  });
});

describe('several models', () => {
  it('side by side each give what they give alone', async () => {
    const alone = [];
    for (const path of [gguf, other, folder]) {
      await using model = await loadModel(path);
      alone.push(await greedyReply(model));
    }
    expect(alone[0]).not.toBe(alone[1]);
    const models = await Promise.all([gguf, other, folder].map((path) => loadModel(path)));
    const rounds = await Promise.all(Array.from({ length: 5 }, () => Promise.all(models.map(greedyReply))));
    for (const round of rounds) expect(round).toEqual(alone);
    await Promise.all(models.map((model) => model.close()));
  });

  it('a real one and a tiny one may be read in turns', async () => {
    const prompt = { prompt: 'Once upon a time', temperature: 0, maxOutputTokens: 20 };
    await using real = await loadModel(testModel());
    await using tiny = await loadModel(gguf);
    const alone = [await real.streamCompletion(prompt).result(), await tiny.streamCompletion(prompt).result()];
    const [realIterator, tinyIterator] = [real, tiny].map((model) => model.streamCompletion(prompt).textStream[Symbol.asyncIterator]());
    const texts = ['', ''];
    for (let over = 0; over < 2;) {
      const [fromReal, fromTiny] = [await realIterator?.next(), await tinyIterator?.next()];
      texts[0] += fromReal?.value ?? '';
      texts[1] += fromTiny?.value ?? '';
      over = Number(fromReal?.done) + Number(fromTiny?.done);
    }
    expect(texts).toEqual(alone.map(({ text }) => text));
  });

  it('the same file twice is two models, of which one can be closed', async () => {
    const [first, second] = await Promise.all([loadModel(gguf), loadModel(gguf)]);
    const expected = await greedyReply(first);
    await first.close();
    expect(await greedyReply(second)).toBe(expected);
    await second.close();
  });
});

describe('closing', () => {
  it('ends a running stream as aborted, with its finish part, before it resolves', async () => {
    const model = await loadModel(testModel());
    const stream = model.streamPrompt('Tell me a very long story.');
    const deltas: string[] = [];
    const reading = (async () => {
      for await (const delta of stream.textStream) deltas.push(delta);
    })();
    while (deltas.length < 3) await new Promise((resolve) => void setTimeout(resolve, 20));
    await model.close();
    const ended = await Promise.race([stream.result(), 'still running']);
    await reading;
    expect(ended).toMatchObject({ finishReason: 'aborted', text: deltas.join('') });
    expect(model.metrics()).toMatchObject({ liveSequences: 0, queuedSequences: 0 });
  });

  it('by await using happens at the end of the block', async () => {
    let model: Model;
    {
      await using scoped = await loadModel(gguf);
      await readAll(scoped.streamPrompt('Hi', { maxOutputTokens: 2 }));
      model = scoped;
    }
    expect(await errorOf(model.streamPrompt('Hi').result())).toMatchObject({ code: 'closed' });
  });

  it('is the same the second time', async () => {
    const model = await loadModel(gguf);
    await Promise.all([model.close(), model.close()]);
    await model.close();
    expect(await errorOf(model.streamPrompt('Hi').result())).toMatchObject({ code: 'closed' });
  });
});
