import { getEventListeners } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { replayStream } from '../../src/index.ts';
import type { StreamPart } from '../../src/index.ts';
import { timings, usage } from '../support/fake-native-model.ts';
import { everyPart, part } from '../support/parts.ts';
import { errorOf, readAll, readUntilError } from '../support/read-stream.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

const folder = scratchFolder();
const header = '{"tramontaneRecording":1,"model":"m","request":{"prompt":{"text":"Hi"}}}';

/** A recording of parts that came every `stepMs`. */
function recordingOf(parts: readonly unknown[], stepMs = 0): string {
  return [header, ...parts.map((each, index) => JSON.stringify({ atMs: index * stepMs, part: each })), ''].join('\n');
}

const failure = { code: 'context-overflow', message: 'too long', field: 'messages', file: 'f' };

describe('a replay', () => {
  it('has the parts and the result that were recorded', async () => {
    const stream = replayStream(recordingOf(everyPart), { speed: 'instant' });
    expect(await readAll(stream)).toEqual(everyPart);
    expect(await stream.result()).toMatchObject({ text: 'One moment', reasoning: 'Let me look.', finishReason: 'tool-calls', usage });
  });

  it('passes on parts of a later version', async () => {
    const parts = [{ type: 'picture', png: 'x' } as unknown as StreamPart, part.finish()];
    expect(await readAll(replayStream(recordingOf(parts)))).toEqual(parts);
  });

  it('throws the error that was recorded, after the parts before it', async () => {
    const text = recordingOf([part.text('a'), { type: 'error', error: failure, usage, timings }]);
    const stream = replayStream(text, { speed: 'instant' });
    const { values, error } = await readUntilError(stream);
    expect(values).toEqual([part.text('a')]);
    expect(error).toMatchObject({ ...failure, partial: { text: 'a', usage, timings } });
    expect(await errorOf(stream.result())).toBe(error);
  });

  it('gives an error without counts no partial, and a code it does not know as engine-failed', async () => {
    const text = recordingOf([{ type: 'error', error: { code: 'flux', message: 'no' } }]);
    const error = await errorOf(replayStream(text).result());
    expect(error).toMatchObject({ code: 'engine-failed', message: 'no' });
    expect(error.partial).toBeUndefined();
  });

  it('knows the model, for chunks of OpenAI', async () => {
    const [chunk] = await readAll(replayStream(recordingOf([part.finish()])).toOpenAIChunks());
    expect(chunk?.model).toBe('m');
  });

  it('of a file, by path or URL', async () => {
    const path = join(folder, 'a b.jsonl');
    writeFileSync(path, recordingOf(everyPart));
    expect((await replayStream(path).result()).text).toBe('One moment');
    expect((await replayStream(pathToFileURL(path)).result()).text).toBe('One moment');
  });

  it('reads a file that lacks its last line break', async () => {
    expect((await replayStream(recordingOf([part.finish()]).trimEnd()).result()).text).toBe('');
  });

  it('takes 100,000 parts in about a second', async () => {
    const text = recordingOf([...Array.from({ length: 100_000 }, () => part.text('x')), part.finish()]);
    const startedAt = performance.now();
    expect((await replayStream(text, { speed: 'instant' }).result()).text).toHaveLength(100_000);
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });
});

describe('a recording of an older version', () => {
  const { cachedInputTokens: _, ...oldUsage } = usage;
  const { pausedMs: __, stopMs: ___, ...oldTimings } = timings;
  const counts = { usage: oldUsage, timings: oldTimings };
  const filledIn = { usage: { ...usage, cachedInputTokens: 0 }, timings };

  it('has zero for the counts that it did not know', async () => {
    const text = recordingOf([{ type: 'finish', finishReason: 'stop', ...counts }]);
    expect(await readAll(replayStream(text))).toEqual([{ type: 'finish', finishReason: 'stop', ...filledIn }]);
  });

  it('has so in an error too', async () => {
    const text = recordingOf([{ type: 'error', error: failure, ...counts }]);
    expect((await errorOf(replayStream(text).result())).partial).toMatchObject(filledIn);
  });
});

describe('speed', () => {
  const steps = [part.text('a'), part.text('b'), part.text('c'), part.finish()];

  async function arrivals(speed: 'recorded' | 'instant' | number | undefined): Promise<number[]> {
    const startedAt = performance.now();
    const times: number[] = [];
    for await (const each of replayStream(recordingOf(steps, 60), { speed })) {
      expect(each).toBeDefined();
      times.push(performance.now() - startedAt);
    }
    return times;
  }

  it('is that of the recording', async () => {
    const times = await arrivals(undefined);
    for (const [index, time] of times.entries()) expect(time).toBeGreaterThan(index * 60 - 2);
    expect(times[0]).toBeLessThan(170);
    expect(await arrivals('recorded')).toHaveLength(4);
  });

  it('can be so many times as fast', async () => {
    const times = await arrivals(3);
    expect(times[3]).toBeGreaterThan(58);
    expect(times[3]).toBeLessThan(170);
  });

  it('can be none at all', async () => {
    expect((await arrivals('instant'))[3]).toBeLessThan(170);
  });
});

describe('leaving a replay', () => {
  const endless = recordingOf([part.text('a'), part.text('b'), part.finish()], 3_000_000_000);

  it('by break ends it with reason aborted', async () => {
    const stream = replayStream(endless);
    for await (const each of stream) {
      expect(each).toEqual(part.text('a'));
      break;
    }
    expect(await stream.result()).toMatchObject({ text: 'a', finishReason: 'aborted', usage: { totalTokens: 0 } });
  });

  it('by cancel() gives what has come and the finish part', async () => {
    const stream = replayStream(endless);
    const parts: StreamPart[] = [];
    for await (const each of stream) {
      parts.push(each);
      stream.cancel();
    }
    expect(parts).toMatchObject([part.text('a'), { finishReason: 'aborted' }]);
  });

  it('by cancel() before its file was read', async () => {
    const stream = replayStream(join(folder, 'none.jsonl'));
    const result = stream.result();
    stream.cancel();
    expect(await result).toMatchObject({ finishReason: 'aborted' });
  });

  it('by its abortSignal, to which it no longer listens then', async () => {
    const controller = new AbortController();
    const result = replayStream(endless, { abortSignal: controller.signal }).result();
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort();
    expect(await result).toMatchObject({ finishReason: 'aborted' });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('by its timeouts', async () => {
    expect(await errorOf(replayStream(endless, { idleTimeoutMs: 20 }).result())).toMatchObject({
      code: 'idle-timeout',
      partial: { text: 'a' },
    });
    const late = recordingOf([part.finish()]).replace('"atMs":0', '"atMs":60000');
    expect(await errorOf(replayStream(late, { firstTokenTimeoutMs: 20 }).result())).toMatchObject({ code: 'first-token-timeout' });
  });
});

describe('a damaged recording', () => {
  const whole = recordingOf([part.text('a'), part.finish()]);
  const lines = whole.trimEnd().split('\n');
  const withLine = (number: number, line: string) => lines.with(number - 1, line).join('\n');
  const finish = JSON.parse(lines[2] ?? '') as { atMs: number; part: object };
  const withFinish = (change: object) => withLine(3, JSON.stringify({ atMs: 0, part: { ...finish.part, ...change } }));

  it.each([
    ['is empty', '', 1],
    ['begins with something else', 'hello\n', 1],
    ['is of another make', '{"a":1}\n', 1],
    ['is of another version', whole.replace('Recording":1', 'Recording":2'), 1],
    ['has a header only', header, 2],
    ['is cut within a line', whole.slice(0, -30), 3],
    ['is cut at a line', lines.slice(0, 2).join('\n'), 3],
    ['has a line that is no JSON', withLine(2, '{'), 2],
    ['has an empty line', withLine(2, ''), 2],
    ['has a line that is no object', withLine(2, '[1]'), 2],
    ['has no time', withLine(2, '{"part":{"type":"text-delta","delta":"a"}}'), 2],
    ['has a time that is no number', withLine(2, '{"atMs":"1","part":{"type":"text-delta","delta":"a"}}'), 2],
    ['has a time before the one before', withLine(2, '{"atMs":-1,"part":{"type":"text-delta","delta":"a"}}'), 2],
    ['has no part', withLine(2, '{"atMs":0}'), 2],
    ['has a part without a type', withLine(2, '{"atMs":0,"part":{}}'), 2],
    ['has a delta that is no text', withLine(2, '{"atMs":0,"part":{"type":"text-delta","delta":1}}'), 2],
    ['has a tool call without an index', withLine(2, '{"atMs":0,"part":{"type":"tool-call-start"}}'), 2],
    ['has log-probabilities without tokens', withLine(2, '{"atMs":0,"part":{"type":"log-probabilities"}}'), 2],
    [
      'has log-probabilities without alternatives',
      withLine(2, '{"atMs":0,"part":{"type":"log-probabilities","tokens":[{"tokenId":1,"text":"a","logProbability":0}]}}'),
      2,
    ],
    ['has a finish with a strange count', withFinish({ usage: { ...usage, cachedInputTokens: 'many' } }), 3],
    ['has a finish without usage', withFinish({ usage: undefined }), 3],
    ['has a finish with a strange reason', withFinish({ finishReason: 'bored' }), 3],
    ['has an error without a message', withLine(3, '{"atMs":0,"part":{"type":"error","error":{"code":"closed"}}}'), 3],
    ['goes on after its end', `${whole}${lines[1]}\n`, 4],
  ])('is refused with file and line where it %s', async (name, text, line) => {
    const path = join(folder, `${name.replaceAll(' ', '-')}.jsonl`);
    writeFileSync(path, text);
    const stream = replayStream(path);
    const { values, error } = await readUntilError(stream);
    expect(values).toEqual([]);
    expect(error).toMatchObject({ name: 'TramontaneError', code: 'invalid-argument', file: path });
    expect(error?.message).toContain(`line ${line} of ${path}`);
    expect(await errorOf(stream.result())).toBe(error);
  });

  it('that is not there names the file', async () => {
    const path = join(folder, 'none.jsonl');
    expect(await errorOf(replayStream(path).result())).toMatchObject({ code: 'invalid-argument', file: path, cause: { code: 'ENOENT' } });
  });

  it('given as text has no file to name', async () => {
    const error = await errorOf(replayStream('{}').result());
    expect(error).toMatchObject({ code: 'invalid-argument', message: expect.stringContaining('line 1 of the recording') });
  });
});

it.each([
  ['recording', () => replayStream(7 as unknown as string)],
  ['speed', () => replayStream(recordingOf([part.finish()]), { speed: 0 })],
  ['speed', () => replayStream(recordingOf([part.finish()]), { speed: 'fast' as 'instant' })],
  ['idleTimeoutMs', () => replayStream(recordingOf([part.finish()]), { idleTimeoutMs: -1 })],
  ['velocity', () => replayStream(recordingOf([part.finish()]), { velocity: 1 } as object)],
])('throws from reading, naming %s, where that cannot be used', async (field, make) => {
  expect(await errorOf(make().result())).toMatchObject({ code: 'invalid-argument', field });
});
