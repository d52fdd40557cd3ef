import { describe, expect, it } from 'vitest';
import { TramontaneError } from '../../src/index.ts';
import { scriptedStream } from '../../src/testing/index.ts';
import { usage } from '../support/fake-native-model.ts';
import { everyPart, part } from '../support/parts.ts';
import { errorOf, readAll, readUntilError } from '../support/read-stream.ts';

describe('scriptedStream()', () => {
  it('gives strings as text, and finishes by itself', async () => {
    const stream = scriptedStream(['Hel', 'lo']);
    expect(await readAll(stream)).toMatchObject([part.text('Hel'), part.text('lo'), { finishReason: 'stop' }]);
    expect(await stream.result()).toMatchObject({ text: 'Hello', finishReason: 'stop', usage: { totalTokens: 0 } });
  });

  it('gives parts as they are', async () => {
    expect(await readAll(scriptedStream(everyPart))).toEqual(everyPart);
  });

  it('finishes with reason tool-calls after a tool call', async () => {
    expect(await scriptedStream([part.tool(0, 'a', 'f', {})]).result()).toMatchObject({
      finishReason: 'tool-calls',
      toolCalls: [{ toolName: 'f' }],
    });
  });

  it('throws an error that is its last part, with the text before it', async () => {
    const { values, error } = await readUntilError(scriptedStream(['a', new TramontaneError('engine-failed', 'no')]));
    expect(values).toEqual([part.text('a')]);
    expect(error).toMatchObject({ code: 'engine-failed', message: 'no', partial: { text: 'a' } });
  });

  it('keeps the counts of an error', async () => {
    const partial = { text: '', reasoning: '', toolCalls: [], usage, timings: expect.anything() as never };
    const error = new TramontaneError('engine-failed', 'no', { partial });
    expect((await errorOf(scriptedStream(['a', error]).result())).partial).toMatchObject({ text: 'a', usage });
  });

  it('takes its time where asked to, and can be left meanwhile', async () => {
    const startedAt = performance.now();
    await scriptedStream(['a', 'b'], { stepMs: 30 }).result();
    expect(performance.now() - startedAt).toBeGreaterThan(55);
    const stream = scriptedStream(['a', 'b'], { stepMs: 60_000 });
    for await (const delta of stream.textStream) if (delta === 'a') break;
    expect(await stream.result()).toMatchObject({ text: 'a', finishReason: 'aborted' });
  });

  it('throws from reading where its options cannot be used', async () => {
    expect(await errorOf(scriptedStream(['a'], { stepMs: -1 }).result())).toMatchObject({ field: 'stepMs' });
    expect(await errorOf(scriptedStream(['a'], { idleTimeoutMs: -1 }).result())).toMatchObject({ field: 'idleTimeoutMs' });
  });

  it('is not changed by what happens to the list afterwards', async () => {
    const parts = ['a'];
    const stream = scriptedStream(parts);
    parts.push('b');
    expect((await stream.result()).text).toBe('a');
  });
});
