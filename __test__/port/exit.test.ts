import { describe, expect, it } from 'vitest';
import { runScript } from '../support/run-script.ts';

const dist = (path: string) => JSON.stringify(new URL(`../../dist/${path}`, import.meta.url).href);
const worker = JSON.stringify(new URL('../support/serving-worker.mjs', import.meta.url).href);

/** A connection within one process, whose serving end keeps nothing alive. */
const connected = `
import { MessageChannel } from 'node:worker_threads';
const { connectPort, serveModel } = await import(${dist('port/index.js')});
const { scriptedStream } = await import(${dist('testing/scripted-stream.js')});
const { port1, port2 } = new MessageChannel();
serveModel(port1, { info: { model: 'slow' }, streamCompletion: () => scriptedStream(['a', 'b'], { stepMs: 50 }), metrics: () => ({}) });
port1.unref();
const model = await connectPort(port2);
`;

describe('a process that is connected to a model', () => {
  it('ends by itself where the connection is idle', async () => {
    const end = await runScript(`${connected} console.log(model.info.model);`);
    expect(end).toMatchObject({ code: 0, signal: null, stdout: 'slow\n' });
  });

  it('goes on while a stream is awaited, and ends when that does', async () => {
    const end = await runScript(`${connected} model.streamPrompt('Hi').result().then(({ text }) => console.log(text));`);
    expect(end).toMatchObject({ code: 0, signal: null, stdout: 'ab\n' });
  });

  it('ends by itself where its stream is paused', async () => {
    const end = await runScript(`${connected} const stream = model.streamPrompt('Hi'); void stream.result(); stream.pause();`);
    expect(end).toMatchObject({ code: 0, signal: null });
  });

  it('ends where a stream was left and its worker was terminated', async () => {
    const end = await runScript(`
      import { Worker } from 'node:worker_threads';
      const { connectPort } = await import(${dist('port/index.js')});
      const worker = new Worker(new URL(${worker}), { execArgv: [] });
      const model = await connectPort(worker);
      for await (const part of model.streamPrompt('Hi')) break;
      await worker.terminate();
    `);
    expect(end).toMatchObject({ code: 0, signal: null });
  });
});
