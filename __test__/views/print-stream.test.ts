import { Writable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { printStream } from '../../src/index.ts';
import type { GenerationStream, Model } from '../../src/index.ts';
import type { FakeNativeModel } from '../support/fake-native-model.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { everyPart, part } from '../support/parts.ts';
import { errorOf } from '../support/read-stream.ts';
import { turns } from '../support/turns.ts';

let model: Model;
let native: FakeNativeModel;
let stream: GenerationStream;
beforeEach(async () => {
  ({ model, native } = await openFakeModel());
  stream = model.streamPrompt('Hi');
});

/** Notes what it is given, and takes more only when told to, or at once. */
class Paper extends Writable {
  readonly written: string[] = [];
  #takeMore: (error?: Error) => void = () => {};
  readonly #slow: boolean;

  constructor(slow = false) {
    super({ highWaterMark: 4, decodeStrings: false });
    this.#slow = slow;
  }

  override _write(chunk: string, _encoding: string, done: (error?: Error) => void): void {
    this.written.push(chunk);
    if (this.#slow) this.#takeMore = done;
    else done();
  }

  async takeMore(error?: Error): Promise<void> {
    this.#takeMore(error);
    await turns();
  }
}

const listenersOf = (paper: Writable) =>
  ['error', 'close', 'drain'].map((event) => paper.listeners(event).filter(({ name }) => name !== 'onfinish').length);

describe('printStream()', () => {
  it('writes text as it comes, and nothing else', async () => {
    const paper = new Paper();
    const printed = printStream(stream, paper);
    await turns();
    native.write(1, 'a');
    await turns();
    expect(paper.written).toEqual(['a']);
    native.writeParts(1, ...everyPart);
    await printed;
    expect(paper.written.join('')).toBe('aOne moment');
    expect(paper.writableEnded).toBe(false);
  });

  it('gives the result', async () => {
    const printed = printStream(stream, new Paper());
    native.write(1, 'a');
    native.finish(1);
    expect(await printed).toBe(await stream.result());
  });

  it('writes the reasoning too where asked to, apart from the text', async () => {
    const paper = new Paper();
    const printed = printStream(stream, paper, { reasoning: true });
    native.writeParts(1, part.thought('Hm'), part.thought('!'), part.text('a'), part.text('b'), part.finish());
    await printed;
    expect(paper.written.join('')).toBe('Hm!\n\nab');
  });

  it('writes whole characters', async () => {
    const paper = new Paper();
    const printed = printStream(stream, paper);
    native.write(1, 'a\ud83d', '\ude80b');
    native.finish(1);
    await printed;
    expect(paper.written).toEqual(['a', '🚀b']);
  });

  it('waits while the writable is full, and for the last write', async () => {
    const paper = new Paper(true);
    const events: string[] = [];
    const printed = printStream(stream, paper).then(() => events.push('printed'));
    native.write(1, 'long text', 'more', 'end');
    native.finish(1);
    await turns();
    expect([paper.written, paper.writableLength]).toEqual([['long text'], 9]);
    await paper.takeMore();
    expect([paper.written, paper.writableLength]).toEqual([['long text', 'more'], 4]);
    await paper.takeMore();
    expect(paper.written).toEqual(['long text', 'more', 'end']);
    expect(events).toEqual([]);
    await paper.takeMore();
    await printed;
  });

  it('throws the error of the stream, after writing what came before', async () => {
    const paper = new Paper();
    const printed = errorOf(printStream(stream, paper));
    native.write(1, 'a');
    native.fail(1, { code: 'engine-failed', message: 'no' });
    expect(await printed).toMatchObject({ code: 'engine-failed' });
    expect(paper.written).toEqual(['a']);
  });

  it('leaves no listener behind', async () => {
    const paper = new Paper();
    const before = listenersOf(paper);
    const printed = printStream(stream, paper);
    await turns();
    expect(listenersOf(paper)).not.toEqual(before);
    native.finish(1);
    await printed;
    expect(listenersOf(paper)).toEqual(before);
  });
});

describe('a writable that is closed', () => {
  it('cancels the generation while it waits for a part, and is no error', async () => {
    const paper = new Paper();
    const printed = printStream(stream, paper);
    native.write(1, 'a');
    await turns();
    paper.destroy();
    expect(await printed).toMatchObject({ text: 'a', finishReason: 'aborted' });
    expect(native.cancelled).toEqual([1]);
  });

  it('cancels the generation while it waits for room, and is no error', async () => {
    const paper = new Paper(true);
    const printed = printStream(stream, paper);
    native.write(1, 'long text', 'more');
    await turns();
    paper.destroy();
    expect(await printed).toMatchObject({ finishReason: 'aborted' });
    expect(native.cancelled).toEqual([1]);
  });

  it('by the other end (EPIPE) cancels the generation, and is no error', async () => {
    const paper = new Paper(true);
    const printed = printStream(stream, paper);
    native.write(1, 'a');
    await turns();
    await paper.takeMore(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    expect(await printed).toMatchObject({ finishReason: 'aborted' });
    expect(native.cancelled).toEqual([1]);
  });

  it('before the start starts nothing', async () => {
    const paper = new Paper();
    paper.destroy();
    await turns();
    expect(await printStream(stream, paper)).toMatchObject({ finishReason: 'aborted' });
    expect(native.requests.size).toBe(0);
  });
});

it('a writable that fails otherwise cancels the generation, and is the error', async () => {
  const paper = new Paper(true);
  const printed = errorOf(printStream(stream, paper));
  native.write(1, 'a');
  await turns();
  const full = Object.assign(new Error('disk full'), { code: 'ENOSPC' });
  await paper.takeMore(full);
  expect(await printed).toBe(full);
  expect(native.cancelled).toEqual([1]);
});
