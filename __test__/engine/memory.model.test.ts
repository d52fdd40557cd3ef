import { describe, expect, it } from 'vitest';
import { runScript } from '../support/run-script.ts';
import { testModel } from '../support/test-model.ts';

/** What the scripts begin with; sizes are in bytes. */
const prelude = `
import { setTimeout } from 'node:timers/promises';
const path = ${JSON.stringify(testModel())};
async function resident() {
  await setTimeout(50);
  gc();
  return process.memoryUsage.rss();
}
/** What is resident once threads that end have let go of theirs, which on a busy machine takes them a while. */
async function settled(most) {
  let now = await resident();
  for (let wait = 0; wait < 100 && now > most; wait += 1) now = await resident();
  return now;
}
async function cycle() {
  const model = await loadModel(path);
  const stream = model.streamPrompt('Tell me about the sea.', { temperature: 0, maxOutputTokens: 10 });
  const { text } = await stream.result();
  const loaded = process.memoryUsage.rss();
  await model.close();
  return { loaded, memoryBytes: model.info.memoryBytes, text };
}
`;

/** Runs a script in a process of its own, as memory is a process's, and reads the JSON it prints. */
async function measure<Figures>(body: string): Promise<Figures> {
  const end = await runScript(`${prelude}${body}`, 110_000, { nodeOptions: ['--expose-gc'] });
  expect({ code: end.code, signal: end.signal, stderr: end.stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  return JSON.parse(end.stdout) as Figures;
}

describe('a closed model', () => {
  it('leaves the process as large as it was before, within 10 %, and five leave no more than one', async () => {
    const figures = await measure<{ atStart: number; before: number; after: number[]; loaded: number; memoryBytes: number }>(`
      const atStart = await resident();
      // The first load brings what stays: the library's code, its threads, its tables.
      const { memoryBytes } = await cycle();
      const before = await resident();
      const after = [];
      let loaded = 0;
      for (let round = 0; round < 5; round += 1) {
        loaded = Math.max(loaded, (await cycle()).loaded);
        after.push(await settled(before * 1.1));
      }
      console.log(JSON.stringify({ atStart, before, after, loaded, memoryBytes }));
    `);
    const { atStart, before, after, loaded, memoryBytes } = figures;
    // The measure itself works: a loaded model shows.
    expect(loaded - before).toBeGreaterThan(90e6);
    expect(after[0]).toBeLessThan(before * 1.1);
    expect(Math.max(...after)).toBeLessThan(before * 1.1);
    // What stays after the first one is not the weights: less than half of what loading had added.
    expect(before - atStart).toBeLessThan(memoryBytes / 2);
  });

  it('that is let go of without being closed is freed by the garbage collector', async () => {
    const figures = await measure<{ before: number; after: number }>(`
      await cycle();
      const before = await resident();
      await (async () => {
        const model = await loadModel(path);
        await model.streamPrompt('Hi', { maxOutputTokens: 2 }).result();
      })();
      let after = await resident();
      for (let wait = 0; wait < 200 && after > before * 1.1; wait += 1) after = await resident();
      console.log(JSON.stringify({ before, after }));
    `);
    expect(figures.after).toBeLessThan(figures.before * 1.1);
  });

  it('frees what it holds also where streams were running', async () => {
    const figures = await measure<{ before: number; after: number; reasons: string[] }>(`
      await cycle();
      const before = await resident();
      const model = await loadModel(path);
      // Without the end tokens no reply is over by then.
      const streams = ['a', 'b', 'c'].map((prompt) => model.streamPrompt(prompt, { bannedTokens: [0, 2] }));
      const results = Promise.all(streams.map((stream) => stream.result()));
      await setTimeout(500);
      await model.close();
      const reasons = (await results).map(({ finishReason }) => finishReason);
      console.log(JSON.stringify({ before, after: await settled(before * 1.1), reasons }));
    `);
    expect(figures.reasons).toEqual(['aborted', 'aborted', 'aborted']);
    expect(figures.after).toBeLessThan(figures.before * 1.1);
  });
});

describe('memory that a load took', () => {
  it('comes back where the load was aborted', async () => {
    const figures = await measure<{ before: number; after: number[]; codes: string[] }>(`
      await cycle();
      const before = await resident();
      const after = [];
      const codes = [];
      for (let round = 0; round < 3; round += 1) {
        const controller = new AbortController();
        const onProgress = ({ phase }) => phase === 'load' && controller.abort();
        await loadModel(path, { abortSignal: controller.signal, onProgress }).catch(({ code }) => codes.push(code));
        // What mistralrs has begun it finishes first.
        await setTimeout(3000);
        after.push(await settled(before * 1.1));
      }
      console.log(JSON.stringify({ before, after, codes }));
    `);
    expect(figures.codes).toEqual(['aborted', 'aborted', 'aborted']);
    expect(Math.max(...figures.after)).toBeLessThan(figures.before * 1.1);
  });

  it('comes back where the load failed at its end', async () => {
    const figures = await measure<{ before: number; after: number; codes: string[] }>(`
      await cycle();
      const before = await resident();
      const codes = [];
      for (let round = 0; round < 3; round += 1) {
        await loadModel(path, { contextLength: 100_000 }).catch(({ code }) => codes.push(code));
      }
      console.log(JSON.stringify({ before, after: await settled(before * 1.1), codes }));
    `);
    expect(figures.codes).toEqual(['invalid-argument', 'invalid-argument', 'invalid-argument']);
    expect(figures.after).toBeLessThan(figures.before * 1.1);
  });

  it('is about what info.memoryBytes says', async () => {
    const { before, loaded, memoryBytes } = await measure<{ before: number; loaded: number; memoryBytes: number }>(`
      await cycle();
      const before = await resident();
      const model = await loadModel(path);
      console.log(JSON.stringify({ before, loaded: process.memoryUsage.rss(), memoryBytes: model.info.memoryBytes }));
    `);
    expect(memoryBytes).toBeGreaterThan((loaded - before) * 0.9);
    expect(memoryBytes).toBeLessThan((loaded - before) * 1.1);
  });
});
