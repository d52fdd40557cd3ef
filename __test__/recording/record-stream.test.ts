import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { recordStream, replayStream } from '../../src/index.ts';
import type { GenerationStream, Model } from '../../src/index.ts';
import { timings, usage } from '../support/fake-native-model.ts';
import type { FakeNativeModel } from '../support/fake-native-model.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { everyPart, part } from '../support/parts.ts';
import { errorOf, readAll, readUntilError } from '../support/read-stream.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { collectUntil, turns } from '../support/turns.ts';

const folder = scratchFolder();
let model: Model;
let native: FakeNativeModel;
let stream: GenerationStream;
let lines: string[];
let clock: number;
beforeEach(async () => {
  ({ model, native } = await openFakeModel());
  stream = model.streamPrompt('Hi', { seed: 7 });
  lines = [];
  clock = 1000;
});

const record = (options = {}) =>
  recordStream(stream, (line) => lines.push(line), { now: () => (clock += 1.5), ...options });

async function untilLive(): Promise<void> {
  while (native.live.length === 0) await turns(1);
}

describe('a recorded stream', () => {
  it('has the same parts and the same result', async () => {
    const recorded = record();
    const read = readAll(recorded);
    await untilLive();
    native.writeParts(1, ...everyPart);
    expect(await read).toEqual(everyPart);
    const { bufferHighWater: _, ...result } = await stream.result();
    expect(await recorded.result()).toMatchObject(result);
  });

  it('has views', async () => {
    const body = record().toResponse().text();
    await untilLive();
    native.write(1, 'a', 'b');
    native.finish(1);
    expect(await body).toBe('ab');
    expect(lines).toHaveLength(4);
  });

  it('throws the same error', async () => {
    const read = readUntilError(record());
    await untilLive();
    native.write(1, 'a');
    native.fail(1, { code: 'engine-failed', message: 'no' });
    const { values, error } = await read;
    expect(values).toEqual([part.text('a')]);
    expect(await errorOf(stream.result())).toBe(error);
  });

  it('leaves the stream when it is left, and records on to its finish part', async () => {
    const recorded = record();
    const iterator = recorded[Symbol.asyncIterator]();
    const first = iterator.next();
    await untilLive();
    native.write(1, 'a', 'b');
    await first;
    await iterator.return?.();
    expect(native.cancelled).toEqual([1]);
    expect(await recorded.result()).toMatchObject({ text: 'ab', finishReason: 'aborted' });
    await turns();
    expect(lines.at(-1)).toContain('"aborted"');
  });

  it('is recorded as parts come, however slowly it is read', async () => {
    const recorded = record();
    const iterator = recorded[Symbol.asyncIterator]();
    void iterator.next();
    await untilLive();
    native.write(1, 'a', 'b', 'c');
    await turns();
    expect(lines).toHaveLength(4);
    await iterator.return?.();
  });

  it('gives its last part when everything is written', async () => {
    let written = 0;
    const slowly = async () => {
      await turns();
      written += 1;
    };
    const recorded = recordStream(stream, slowly);
    const result = recorded.result();
    await untilLive();
    native.write(1, 'a', 'b');
    native.finish(1);
    await result;
    expect(written).toBe(4);
  });

  it('is cancelled, and its recording completed, when it is let go of', async () => {
    await (async () => {
      const first = record()[Symbol.asyncIterator]().next();
      await untilLive();
      native.write(1, 'a');
      await first;
    })();
    await collectUntil(() => native.cancelled.length > 0);
    expect(native.cancelled).toEqual([1]);
    await turns(10);
    expect(lines.at(-1)).toContain('"aborted"');
  });
});

describe('a recording', () => {
  it('is a header and a line for each part, the same bytes each time', async () => {
    const recorded = record().result();
    await untilLive();
    native.writeParts(1, part.text('Hé\n'), part.tool(0, 'a', 'f', { x: 1 }), part.finish());
    await recorded;
    expect(lines.join('')).toBe(
      [
        '{"tramontaneRecording":1,"model":"fake","request":{"prompt":{"messages":[{"role":"user","content":"Hi"}]},"temperature":0.7,"topK":0,"topP":1,"seed":7}}',
        '{"atMs":1.5,"part":{"type":"text-delta","delta":"Hé\\n"}}',
        '{"atMs":3,"part":{"type":"tool-call","index":0,"toolCallId":"a","toolName":"f","input":{"x":1},"inputText":"{\\"x\\":1}"}}',
        `{"atMs":4.5,"part":{"type":"finish","finishReason":"stop","usage":${JSON.stringify(usage)},"timings":${JSON.stringify(timings)}}}`,
        '',
      ].join('\n'),
    );
  });

  it('of a replay is the same bytes again', async () => {
    const recorded = record().result();
    await untilLive();
    native.writeParts(1, ...everyPart);
    await recorded;
    const again: string[] = [];
    clock = 1000;
    const options = { now: () => (clock += 1.5) };
    await recordStream(replayStream(lines.join(''), { speed: 'instant' }), (line) => again.push(line), options).result();
    expect(again.join('')).toBe(lines.join(''));
  });

  it('of a failed stream ends with the error', async () => {
    const recorded = errorOf(record().result());
    await untilLive();
    native.fail(1, { code: 'engine-failed', message: 'no', field: 'x' });
    await recorded;
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      part: { type: 'error', error: { code: 'engine-failed', message: 'no', field: 'x' }, usage, timings },
    });
  });

  it('leaves the request out where asked to', async () => {
    const recorded = record({ includeRequest: false }).result();
    await untilLive();
    native.finish(1);
    await recorded;
    expect(lines[0]).toBe('{"tramontaneRecording":1,"model":"fake"}\n');
  });

  it('never goes back in time', async () => {
    const times = [50, 60, 40, 70];
    const recorded = record({ now: () => times.shift() }).result();
    await untilLive();
    native.write(1, 'a', 'b');
    native.finish(1);
    await recorded;
    expect(lines.slice(1).map((line) => (JSON.parse(line) as { atMs: number }).atMs)).toEqual([10, 10, 20]);
  });
});

describe('a recording in a file', () => {
  it.each(['path', 'URL'])('by %s is complete when result() resolves', async (kind) => {
    const path = join(folder, `${kind} ü.jsonl`);
    const recorded = recordStream(stream, kind === 'URL' ? pathToFileURL(path) : path);
    const result = recorded.result();
    await untilLive();
    for (let count = 0; count < 500; count += 1) {
      native.write(1, 'x');
      if (count % 100 === 0) await turns();
    }
    native.finish(1);
    await result;
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(503);
    expect((await replayStream(path, { speed: 'instant' }).result()).text).toBe('x'.repeat(500));
  });

  it('replaces what was there', async () => {
    const path = join(folder, 'twice.jsonl');
    for (const text of ['long text', 'b']) {
      ({ model, native } = await openFakeModel());
      const result = recordStream(model.streamPrompt('Hi'), path).result();
      await untilLive();
      native.write(1, text);
      native.finish(1);
      await result;
    }
    expect((await replayStream(path, { speed: 'instant' }).result()).text).toBe('b');
  });

  it('that cannot be made is an error that names it, and nothing is generated', async () => {
    const path = join(folder, 'no-such-folder', 'a.jsonl');
    const recorded = recordStream(stream, path);
    const { error } = await readUntilError(recorded);
    expect(error).toMatchObject({ code: 'invalid-argument', field: 'to', file: path, cause: { code: 'ENOENT' } });
    expect(native.requests.size).toBe(0);
  });

  it('is not made where nothing is read', async () => {
    const path = join(folder, 'unread.jsonl');
    recordStream(stream, path).cancel();
    await turns(10);
    expect(existsSync(path)).toBe(false);
  });
});

it('a sink that throws fails the stream and cancels the generation', async () => {
  const full = () => Promise.reject(new Error('full'));
  const read = readUntilError(recordStream(stream, full));
  await untilLive();
  native.write(1, 'a');
  await turns();
  native.write(1, 'b');
  const { values, error } = await read;
  expect(values).toEqual([part.text('a')]);
  expect(error).toMatchObject({ code: 'invalid-argument', field: 'to', cause: { message: 'full' } });
  expect(native.cancelled).toEqual([1]);
});

it.each([
  ['stream', () => recordStream({} as GenerationStream, 'a')],
  ['to', () => recordStream(stream, '')],
  ['to', () => recordStream(stream, new URL('https://example.org/a'))],
  ['includeRequest', () => recordStream(stream, 'a', { includeRequest: 1 as unknown as boolean })],
])('names %s where it cannot be used', (field, make) => {
  expect(make).toThrow(expect.objectContaining({ code: 'invalid-argument', field }));
});
