import { describe, expect, it } from 'vitest';
import { runScript, workerUrl } from '../support/run-script.ts';
import type { ScriptEnd } from '../support/run-script.ts';

/** A model that answers for a minute and a half unless it is stopped. */
const endless = `await scriptedModel({ replies: [{ text: 'x'.repeat(3000), stepMs: 30 }] })`;
const quick = `await scriptedModel({ replies: [{ text: 'Hello, 世界 👋' }] })`;
const firstPart = `const iterator = model.streamPrompt('Hi')[Symbol.asyncIterator](); await iterator.next();`;

/** Ended by itself, with this code, soon. */
function expectEnd(end: ScriptEnd, code: number): void {
  expect({ code: end.code, signal: end.signal, stderr: end.code === code ? '' : end.stderr }).toEqual({
    code,
    signal: null,
    stderr: '',
  });
  expect(end.elapsedMs).toBeLessThan(10_000);
}

describe('a process ends by itself', () => {
  it('after a stream was read, with nothing closed', async () => {
    const end = await runScript(`
      const model = ${quick};
      for await (const delta of model.streamPrompt('Hi').textStream) process.stdout.write(delta);
    `);
    expectEnd(end, 0);
    expect(end.stdout).toBe('Hello, 世界 👋');
  });

  it('with a loaded model that is idle', async () => {
    expectEnd(await runScript(`globalThis.model = ${quick};`), 0);
  });

  it('not before a result that somebody awaits', async () => {
    const end = await runScript(`
      const model = await scriptedModel({ replies: [{ text: 'Hello', stepMs: 50 }] });
      model.streamPrompt('Hi').result().then(({ text }) => console.log(text));
    `);
    expectEnd(end, 0);
    expect(end.stdout).toBe('Hello\n');
  });

  it('not before a load that somebody awaits', async () => {
    const end = await runScript(`
      scriptedModel({ replies: [{ text: 'Hello' }], loadMs: 500 }).then((model) => console.log(model.info.format));
    `);
    expectEnd(end, 0);
    expect(end.stdout).toBe('scripted\n');
  });

  it('after a stream was left', async () => {
    expectEnd(await runScript(`const model = ${endless}; for await (const part of model.streamPrompt('Hi')) break;`), 0);
  });

  it('after a model was closed mid-stream', async () => {
    expectEnd(await runScript(`const model = ${endless}; ${firstPart} await model.close();`), 0);
  });

  it('after a load was aborted', async () => {
    const end = await runScript(`
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 50);
      await scriptedModel({ replies: [{ text: 'a' }], loadMs: 60_000 }, { abortSignal: controller.signal })
        .catch((error) => console.log(error.code));
    `);
    expectEnd(end, 0);
    expect(end.stdout).toBe('aborted\n');
  });
});

describe('a process ends without a crash', () => {
  it('by process.exit mid-stream', async () => {
    expectEnd(await runScript(`const model = ${endless}; ${firstPart} process.exit(7);`), 7);
  });

  it('by process.exit with many streams and several models', async () => {
    const end = await runScript(`
      const models = await Promise.all([1, 2, 3].map(async () => ${endless}));
      const reads = models.flatMap((model) => Array.from({ length: 20 }, () => model.streamPrompt('Hi').result()));
      setTimeout(() => process.exit(7), 200);
      await Promise.all(reads);
    `);
    expectEnd(end, 7);
  });

  it('by process.exit during a load', async () => {
    const end = await runScript(`
      setTimeout(() => process.exit(7), 100);
      await scriptedModel({ replies: [{ text: 'a' }], loadMs: 60_000 });
    `);
    expectEnd(end, 7);
  });

  it('by an error thrown mid-stream', async () => {
    const end = await runScript(`
      const model = ${endless};
      for await (const part of model.streamPrompt('Hi')) throw new Error('thrown in the loop');
    `);
    expectEnd(end, 1);
    expect(end.stderr).toContain('thrown in the loop');
  });

  it('by an error that nobody can catch, mid-stream', async () => {
    const end = await runScript(`
      const model = ${endless};
      ${firstPart}
      setTimeout(() => { throw new Error('thrown in a timer'); }, 50);
      await iterator.next();
      for (;;) await iterator.next();
    `);
    expectEnd(end, 1);
    expect(end.stderr).toContain('thrown in a timer');
  });

  it('by a stream error that nobody handles', async () => {
    const end = await runScript(`
      const model = await scriptedModel({ replies: [{ text: 'Hello', failAfterTokens: 2 }] });
      await model.streamPrompt('Hi').result();
    `);
    expectEnd(end, 1);
    expect(end.stderr).toContain('TramontaneError');
  });
});

describe('a worker thread', () => {
  it('gives the same text as the main thread', async () => {
    const read = `let text = ''; for await (const delta of model.streamPrompt('Hi').textStream) text += delta;`;
    const end = await runScript(`
      import { once } from 'node:events';
      import { Worker } from 'node:worker_threads';
      const model = ${quick};
      ${read}
      const worker = new Worker(${workerUrl(`const model = ${quick}; ${read} parentPort.postMessage(text);`)});
      // To a busy parent both come in the same tick.
      const [[message]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
      console.log(message === text, text);
    `);
    expectEnd(end, 0);
    expect(end.stdout).toBe('true Hello, 世界 👋\n');
  });

  it.each([
    ['terminated mid-stream', `${firstPart} parentPort.postMessage('running'); for (;;) await iterator.next();`, 1],
    ['left by process.exit mid-stream', `${firstPart} parentPort.postMessage('running'); setTimeout(() => process.exit(5), 20);`, 5],
  ])('%s leaves the process and its own models alone', async (_, body, workerCode) => {
    const end = await runScript(`
      import { once } from 'node:events';
      import { Worker } from 'node:worker_threads';
      const own = ${quick};
      const worker = new Worker(${workerUrl(`const model = ${endless}; ${body}`)});
      const exited = once(worker, 'exit');
      await once(worker, 'message');
      if (${workerCode} === 1) worker.terminate();
      console.log((await exited)[0]);
      console.log((await own.streamPrompt('Hi').result()).text);
    `);
    expectEnd(end, 0);
    expect(end.stdout).toBe(`${workerCode}\nHello, 世界 👋\n`);
  });

  it('terminated during a load leaves the process alone', async () => {
    const end = await runScript(`
      import { Worker } from 'node:worker_threads';
      import { setTimeout } from 'node:timers/promises';
      const source = ${workerUrl(`await scriptedModel({ replies: [{ text: 'a' }], loadMs: 60_000 });`)};
      const worker = new Worker(source);
      await setTimeout(500);
      await worker.terminate();
    `);
    expectEnd(end, 0);
  });

  it('may be ended while others run, many times over', async () => {
    const end = await runScript(`
      import { once } from 'node:events';
      import { Worker } from 'node:worker_threads';
      const source = ${workerUrl(`const model = ${endless}; ${firstPart} parentPort.postMessage('running'); for (;;) await iterator.next();`)};
      for (let round = 0; round < 5; round += 1) {
        const workers = Array.from({ length: 3 }, () => new Worker(source));
        await Promise.all(workers.map((worker) => once(worker, 'message')));
        await Promise.all(workers.map((worker) => worker.terminate()));
      }
      console.log('all ended');
    `);
    expectEnd(end, 0);
    expect(end.stdout).toBe('all ended\n');
  });

  it('does not outlive a process that exits', async () => {
    const end = await runScript(`
      import { once } from 'node:events';
      import { Worker } from 'node:worker_threads';
      const source = ${workerUrl(`const model = ${endless}; ${firstPart} parentPort.postMessage('running'); for (;;) await iterator.next();`)};
      const worker = new Worker(source);
      await once(worker, 'message');
      process.exit(3);
    `);
    expectEnd(end, 3);
  });
});
