import { fork } from 'node:child_process';
import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { beforeEach, describe, expect, it } from 'vitest';
import { connectPort, serveModel } from '../../src/port/index.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { connectTo, connectToFake, until } from '../support/port-pair.ts';
import { errorOf, readUntilError } from '../support/read-stream.ts';
import { turns } from '../support/turns.ts';

let at: Awaited<ReturnType<typeof connectToFake>>;
beforeEach(async () => {
  at = await connectToFake();
});

describe('the reading side that goes away', () => {
  it.each<[string, () => unknown]>([
    ['its port is closed', () => at.readerPort.close()],
    ['its model is closed', () => at.model.close()],
    ['it sends what cannot be read', () => at.serverPort.emit('messageerror', new Error('damaged'))],
  ])('has its streams cancelled where %s, whatever they are doing', async (_, leave) => {
    const streams = Array.from({ length: 4 }, (__, index) => at.model.streamPrompt('Hi', { maxBufferedParts: index === 0 ? 1 : 1000 }));
    const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
    const reads = iterators.map((iterator) => iterator.next());
    const settled = Promise.allSettled(reads);
    await until(() => at.native.live.length === 4);
    // One is full, one is in the middle, one has given nothing, one is paused.
    at.native.write(1, ...'abcdef');
    at.native.write(2, ...'abcdef');
    streams[3]?.pause();
    await Promise.all(reads.slice(0, 2));
    await until(() => at.native.paused.has(4) && at.native.paused.has(1));
    leave();
    await at.service.closed;
    expect(at.native.cancelled.toSorted()).toEqual([1, 2, 3, 4]);
    expect(at.native.live).toEqual([]);
    expect(at.service.liveStreams).toBe(0);
    await settled;
  });

  it('leaves the streams of other ports alone', async () => {
    const other = await connectTo(at.served);
    const [lost, kept] = [at.model.streamPrompt('Hi').result(), other.model.streamPrompt('Ho').result()];
    await until(() => at.native.live.length === 2);
    at.readerPort.close();
    expect(await errorOf(lost)).toMatchObject({ code: 'connection-lost' });
    await until(() => at.native.live.length === 1);
    at.native.write(2, 'b');
    at.native.finish(2);
    expect(await kept).toMatchObject({ text: 'b', finishReason: 'stop' });
    await other.model.close();
  });
});

describe('the side with the model that goes away', () => {
  it.each<[string, () => void]>([
    ['its port is closed', () => at.serverPort.close()],
    ['its service is closed', () => at.service.close()],
  ])('fails streams with what came before where %s', async (_, leave) => {
    const reading = readUntilError(at.model.streamPrompt('Hi'));
    const waiting = errorOf(at.model.streamPrompt('Ho').result());
    await until(() => at.native.live.length === 2);
    at.native.write(1, 'Hel', 'lo');
    await turns(6);
    leave();
    const { values, error } = await reading;
    expect(values).toHaveLength(2);
    expect(error).toMatchObject({ code: 'connection-lost', partial: { text: 'Hello' } });
    expect(await waiting).toMatchObject({ code: 'connection-lost', partial: { text: '' } });
    expect(await errorOf(at.model.streamPrompt('Hi').result())).toMatchObject({ code: 'connection-failed' });
    await until(() => at.native.live.length === 0);
    await at.model.close();
  });

  it('fails the streams of a paused reader too', async () => {
    const stream = at.model.streamPrompt('Hi');
    const result = errorOf(stream.result());
    await until(() => at.native.live.length === 1);
    stream.pause();
    at.service.close();
    expect(await result).toMatchObject({ code: 'connection-lost' });
  });

  it('is noticed where a worker is terminated in the middle of a stream', async () => {
    const worker = new Worker(new URL('../support/serving-worker.mjs', import.meta.url));
    const model = await connectPort(worker);
    const iterator = model.streamPrompt('Hi')[Symbol.asyncIterator]();
    expect(await iterator.next()).toMatchObject({ value: { delta: 'tick ' } });
    await worker.terminate();
    expect((await readUntilError({ [Symbol.asyncIterator]: () => iterator })).error).toMatchObject({
      code: 'connection-lost',
      partial: { text: expect.stringMatching(/^(tick )+$/) as string },
    });
  });
});

describe.each(['json', 'advanced'] as const)('a child process with %s messages', (serialization) => {
  const start = () => fork(new URL('../support/serving-worker.mjs', import.meta.url), [], { serialization, execArgv: [] });

  it('gives its streams, which are cancelled there when they are left', async () => {
    const child = start();
    const model = await connectPort(child);
    expect(model.info.model).toBe('ticking');
    let read = 0;
    for await (const part of model.streamPrompt('Hi')) if (part.type === 'text-delta' && (read += 1) === 3) break;
    await until(() => model.metrics().liveSequences === 0);
    expect(read).toBe(3);
    const ended = once(child, 'exit');
    await model.close();
    // Its channel is not closed with the connection: others may use it too.
    child.disconnect();
    await ended;
  });

  it('that is killed in the middle of a stream leaves its text', async () => {
    const child = start();
    const model = await connectPort(child);
    const iterator = model.streamPrompt('Hi')[Symbol.asyncIterator]();
    await iterator.next();
    child.kill('SIGKILL');
    expect((await readUntilError({ [Symbol.asyncIterator]: () => iterator })).error).toMatchObject({
      code: 'connection-lost',
      partial: { text: expect.stringMatching(/^(tick )+$/) as string },
    });
  });
});

describe('connecting', () => {
  it('waits for the other side to serve, whichever comes first', async () => {
    const { port1, port2 } = new MessageChannel();
    const connecting = connectPort(port2);
    await turns(5);
    const service = serveModel(port1, at.served);
    const model = await connecting;
    expect(model.info.model).toBe('fake');
    service.close();
  });

  it('waits for the load, and fails with its error', async () => {
    const { port1, port2 } = new MessageChannel();
    let load: (model: Promise<typeof at.served>) => void = () => {};
    serveModel(port1, new Promise<typeof at.served>((resolve) => (load = resolve)));
    const connecting = errorOf(connectPort(port2));
    await turns(5);
    load(openFakeModel().then(() => at.served.streamPrompt('', {}).result()) as Promise<never>);
    expect(await connecting).toMatchObject({ code: 'invalid-argument', field: 'prompt' });
  });

  it('fails where the port closes before anybody has answered', async () => {
    const { port1, port2 } = new MessageChannel();
    const connecting = errorOf(connectPort(port2));
    port1.close();
    expect(await connecting).toMatchObject({ code: 'connection-failed' });
  });

  it('fails where the port had closed before', async () => {
    const { port1, port2 } = new MessageChannel();
    port1.close();
    await turns(5);
    expect(await errorOf(connectPort(port2))).toMatchObject({ code: 'connection-failed' });
  });

  it('ends with its abortSignal', async () => {
    const { port2 } = new MessageChannel();
    const controller = new AbortController();
    const connecting = errorOf(connectPort(port2, { abortSignal: controller.signal }));
    controller.abort('enough');
    expect(await connecting).toMatchObject({ code: 'aborted', cause: 'enough' });
    expect(await errorOf(connectPort(port2, { abortSignal: AbortSignal.abort('before') }))).toMatchObject({ code: 'aborted', cause: 'before' });
  });

  it('refuses what is no port, no model, and what is used already', async () => {
    for (const port of [undefined, null, 1, {}, { postMessage() {} }]) {
      expect(await errorOf(connectPort(port as never))).toMatchObject({ code: 'invalid-argument', field: 'port' });
      expect(() => serveModel(port as never, at.served)).toThrow(expect.objectContaining({ field: 'port' }) as Error);
    }
    expect(await errorOf(connectPort(at.readerPort))).toMatchObject({ code: 'invalid-argument', field: 'port' });
    const { port1 } = new MessageChannel();
    expect(() => serveModel(port1, {} as never)).toThrow(expect.objectContaining({ field: 'model' }) as Error);
    expect(() => serveModel(port1, at.served, { maxStreams: 0 })).toThrow(expect.objectContaining({ field: 'maxStreams' }) as Error);
    expect(await errorOf(connectPort(port1, { abortSignl: 1 } as never))).toMatchObject({ field: 'abortSignl' });
    port1.close();
  });
});
