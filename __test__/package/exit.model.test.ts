import { describe, expect, it } from 'vitest';
import { runScript, workerUrl } from '../support/run-script.ts';
import type { ScriptEnd } from '../support/run-script.ts';
import { testModel } from '../support/test-model.ts';

const path = JSON.stringify(testModel());
const load = `const model = await loadModel(${path});`;
const request = `{ prompt: 'Once upon a time', temperature: 0, maxOutputTokens: 12 }`;
const endless = `{ prompt: 'Once upon a time', maxOutputTokens: 4000 }`;
const firstPart = `const iterator = model.streamCompletion(${endless})[Symbol.asyncIterator](); await iterator.next();`;

/** Generous: a script loads the model, about a second, and computes a few tokens, on a machine that may be busy. */
const limitMs = 60_000;
const run = (body: string) => runScript(body, limitMs);

function expectEnd(end: ScriptEnd, code: number): void {
  expect({ code: end.code, signal: end.signal, stderr: end.code === code ? '' : end.stderr }).toEqual({
    code,
    signal: null,
    stderr: '',
  });
}

describe('a process with real weights ends by itself', () => {
  it('after a stream was read, with nothing closed', async () => {
    const end = await run(`${load} for await (const delta of model.streamCompletion(${request}).textStream) process.stdout.write(delta);`);
    expectEnd(end, 0);
    expect(end.stdout).not.toBe('');
  });

  it('with a loaded model that is idle', async () => {
    expectEnd(await run(`globalThis.model = await loadModel(${path});`), 0);
  });

  it('after a stream was left', async () => {
    expectEnd(await run(`${load} for await (const part of model.streamCompletion(${endless})) break;`), 0);
  });

  it('after a model was closed mid-stream', async () => {
    expectEnd(await run(`${load} ${firstPart} await model.close();`), 0);
  });

  it('after a load was aborted', async () => {
    const end = await run(`
      const abortSignal = AbortSignal.timeout(100);
      await loadModel(${path}, { abortSignal }).catch(({ code }) => console.log(code));
    `);
    expectEnd(end, 0);
    expect(end.stdout).toBe('aborted\n');
  });

  it('but not before a result that is awaited', async () => {
    const end = await run(`${load} model.streamCompletion(${request}).result().then(({ text }) => console.log(text.length > 0));`);
    expectEnd(end, 0);
    expect(end.stdout).toBe('true\n');
  });
});

describe('a process with real weights ends without a crash', () => {
  it('by process.exit mid-stream', async () => {
    expectEnd(await run(`${load} ${firstPart} process.exit(3);`), 3);
  });

  it('by process.exit while a prompt is taken in', async () => {
    const prompt = `'The wind blows from the mountains. '.repeat(100)`;
    const end = await run(`${load} setTimeout(() => process.exit(3), 300); await model.streamCompletion({ prompt: ${prompt} }).result();`);
    expectEnd(end, 3);
  });

  it.each([0, 50, 300, 800])('by process.exit %i ms into a load', async (ms) => {
    expectEnd(await run(`setTimeout(() => process.exit(3), ${ms}); await loadModel(${path}); await new Promise(() => setInterval(() => {}, 1000));`), 3);
  });

  it('by an error thrown mid-stream', async () => {
    const end = await run(`${load} for await (const part of model.streamCompletion(${endless})) throw new Error('thrown in the loop');`);
    expectEnd(end, 1);
    expect(end.stderr).toContain('thrown in the loop');
  });

  it('by an error that nobody can catch, mid-stream', async () => {
    const end = await run(`${load} ${firstPart} setTimeout(() => { throw new Error('thrown in a timer'); }, 50); for (;;) await iterator.next();`);
    expectEnd(end, 1);
    expect(end.stderr).toContain('thrown in a timer');
  });

  it('by process.exit while a model is closing', async () => {
    expectEnd(await run(`${load} ${firstPart} model.close(); process.exit(3);`), 3);
  });

  it('by process.exit with two models and many streams', async () => {
    const end = await run(`
      const models = await Promise.all([loadModel(${path}), loadModel(${path})]);
      const results = models.flatMap((model) => Array.from({ length: 10 }, () => model.streamCompletion(${endless}).result()));
      setTimeout(() => process.exit(3), 500);
      await Promise.all(results);
    `);
    expectEnd(end, 3);
  });
});

describe('a worker thread with real weights', () => {
  const inWorker = (body: string) => `
    import { once } from 'node:events';
    import { Worker } from 'node:worker_threads';
    const worker = new Worker(${workerUrl(body)});
  `;

  it('gives the same text as the main thread', async () => {
    const read = `
      let text = '';
      for await (const delta of model.streamCompletion({ ...${request}, temperature: 0.8, seed: 5 }).textStream) text += delta;
    `;
    const end = await run(`
      ${inWorker(`${load} ${read} parentPort.postMessage(text);`)}
      const [[fromWorker]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
      ${load} ${read}
      console.log(text !== '' && fromWorker === text);
    `);
    expectEnd(end, 0);
    expect(end.stdout).toBe('true\n');
  });

  it('and the main thread may both load and generate at once', async () => {
    const read = `const { text } = await model.streamCompletion(${request}).result();`;
    const end = await run(`
      ${inWorker(`${load} ${read} parentPort.postMessage(text);`)}
      const fromWorker = once(worker, 'message');
      ${load}
      ${read}
      console.log(text !== '' && (await fromWorker)[0] === text);
    `);
    expectEnd(end, 0);
    expect(end.stdout).toBe('true\n');
  });

  it('terminated mid-stream leaves the process and its own model alone', async () => {
    const end = await run(`
      ${inWorker(`${load} ${firstPart} parentPort.postMessage('running'); for (;;) await iterator.next();`)}
      await once(worker, 'message');
      console.log(await worker.terminate());
      ${load}
      console.log((await model.streamCompletion(${request}).result()).usage.outputTokens);
    `);
    expectEnd(end, 0);
    expect(end.stdout).toBe('1\n12\n');
  });

  it('terminated during a load leaves the process alone', async () => {
    const end = await run(`
      ${inWorker(`parentPort.postMessage('loading'); await loadModel(${path});`)}
      await once(worker, 'message');
      await new Promise((resolve) => setTimeout(resolve, 300));
      console.log(await worker.terminate());
      ${load}
      console.log((await model.streamCompletion(${request}).result()).usage.outputTokens);
    `);
    expectEnd(end, 0);
    expect(end.stdout).toBe('1\n12\n');
  });

  it('does not outlive a process that exits', async () => {
    const end = await run(`
      ${inWorker(`${load} ${firstPart} parentPort.postMessage('running'); for (;;) await iterator.next();`)}
      await once(worker, 'message');
      process.exit(3);
    `);
    expectEnd(end, 3);
  });
});
