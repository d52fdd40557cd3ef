import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { GenerateOptions, GenerationStream, Model } from '../../src/index.ts';
import { scriptedModel } from '../../src/testing/index.ts';
import { readAll } from '../support/read-stream.ts';
import { runScript } from '../support/run-script.ts';
import { untilQuiet } from '../support/until-quiet.ts';

const text = 'All the tokens, in their order, as if nothing had been. '.repeat(3);

let model: Model;
afterEach(() => model.close());

async function load(options?: GenerateOptions): Promise<GenerationStream> {
  model = await scriptedModel({ replies: [{ text, stepMs: 1 }] });
  return model.streamPrompt('Hi', options);
}

async function untilParked(): Promise<void> {
  while (model.metrics().parkedSequences === 0) await sleep(2);
}

describe('a stream that is paused and goes on', () => {
  it('gives the same text, however often', async () => {
    const stream = await load();
    let read = '';
    let pauses = 0;
    for await (const delta of stream.textStream) {
      read += delta;
      if (pauses === 4) continue;
      pauses += 1;
      stream.pause();
      await untilParked();
      stream.resume();
    }
    expect(read).toBe(text);
    expect(pauses).toBe(4);
  });

  it('because its reader was slow gives the same text', async () => {
    const stream = await load({ maxBufferedParts: 4 });
    const iterator = stream.textStream[Symbol.asyncIterator]();
    const { value: first } = await iterator.next();
    await untilParked();
    const rest = await readAll({ [Symbol.asyncIterator]: () => iterator });
    expect([first, ...rest].join('')).toBe(text);
    expect((await stream.result()).bufferHighWater.pauses).toBeGreaterThan(0);
  });

  it('can be cancelled while it is paused', async () => {
    const stream = await load();
    const result = stream.result();
    stream.pause();
    await untilParked();
    stream.cancel();
    expect((await result).finishReason).toBe('aborted');
    expect(await untilQuiet(model)).toMatchObject({ liveSequences: 0, queuedSequences: 0, parkedSequences: 0 });
  });
});

describe('a process', () => {
  it.each([
    ['pause()', 'stream.pause();', ''],
    ['a reader that has stopped', 'await new Promise((resolve) => setTimeout(resolve, 200));', 'maxBufferedParts: 2'],
  ])('is not kept alive by a stream that is paused by %s', async (_, pause, options) => {
    model = await scriptedModel({ replies: ['unused'] });
    const end = await runScript(`
      const model = await scriptedModel({ replies: [{ text: 'x'.repeat(4000), stepMs: 10 }] });
      const stream = model.streamPrompt('Hi', { ${options} });
      await stream[Symbol.asyncIterator]().next();
      ${pause}
      console.log('paused');
    `);
    expect(end).toMatchObject({ code: 0, signal: null, stdout: 'paused\n' });
  });
});
