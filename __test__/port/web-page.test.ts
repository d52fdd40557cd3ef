import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Model } from '../../src/index.ts';
import { serveModel } from '../../src/port/index.ts';
import type { PortService } from '../../src/port/index.ts';
import type { FakeNativeModel } from '../support/fake-native-model.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { until } from '../support/port-pair.ts';
import { openBrowser } from '../support/web-page.ts';
import type { Browser } from '../support/web-page.ts';

const src = fileURLToPath(new URL('../../src', import.meta.url));

/** What `file` imports when it is run, and all that these do. */
function importsOf(file: string, found = new Map<string, readonly string[]>()): Map<string, readonly string[]> {
  if (found.has(file)) return found;
  const statements = readFileSync(file, 'utf8').matchAll(/^\s*(?:import|export)\b(?!\s+type\b)[^'"]*?from\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]/gm);
  const specifiers = Array.from(statements, ([, from, bare]) => from ?? bare ?? '');
  found.set(file, specifiers);
  for (const specifier of specifiers) if (specifier.startsWith('.')) importsOf(resolve(dirname(file), specifier), found);
  return found;
}

describe('tramontane/port', () => {
  const imports = importsOf(`${src}/port/index.ts`);

  it('imports nothing but its own files when it is loaded', () => {
    const outside = [...imports].flatMap(([file, specifiers]) => specifiers.filter((path) => !path.startsWith('.')).map((path) => `${relative(src, file)}: ${path}`));
    expect(outside).toEqual([]);
    expect(imports.size).toBeGreaterThan(40);
  });

  it('reaches neither the library nor what speaks to servers', () => {
    const rooms = new Set(Array.from(imports.keys(), (file) => relative(src, file).split('/')[0]));
    expect([...rooms].toSorted()).toEqual(['accumulate', 'port', 'request', 'spec', 'stream', 'views']);
  });

  it('as the main entry point does, which shows that imports are found', () => {
    expect([...importsOf(`${src}/index.ts`).values()].flat()).toContain('node:http');
  });
});

// The Chromium that comes as a package is for this one system.
describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('on a page of Chromium', () => {
  let browser: Browser;
  let model: Model;
  let native: FakeNativeModel;
  const services: PortService[] = [];
  const openPage = () => browser.open((port) => services.push(serveModel(port, model)));

  beforeAll(async () => {
    ({ model, native } = await openFakeModel());
    browser = await openBrowser();
  }, 60_000);
  afterAll(() => browser?.close());

  /** Begins `read`, the text of a function of a model, on a page. */
  async function begin(read: string) {
    const page = await openPage();
    await page.evaluate(`(async () => {
      const { connectPort, TramontaneError } = await import('/dist/port/index.js');
      const model = await connectPort(await openPort());
      globalThis.model = model;
      globalThis.outcome = (${read})(model, TramontaneError);
      globalThis.outcome.catch(() => {});
    })()`);
    await until(() => native.live.length === 1);
    const [streamId = 0] = native.live;
    return { page, streamId };
  }

  it('a stream is read, with its parts and its result', async () => {
    const { page, streamId } = await begin(`async (model) => {
      const stream = model.streamChat([{ role: 'user', content: 'Hi' }], { idleTimeoutMs: 5000, dry: { multiplier: 1, sequenceBreakers: ['\\n', '世'] } });
      const types = [];
      for await (const part of stream) types.push(part.type);
      return { types, ...(await stream.result()), chunks: 'Buffer' in globalThis || 'process' in globalThis };
    }`);
    native.write(streamId, 'Hello, ', '世界');
    native.finish(streamId);
    expect(await page.evaluate('outcome')).toMatchObject({ types: ['text-delta', 'text-delta', 'finish'], text: 'Hello, 世界', finishReason: 'stop', chunks: false });
    await page.close();
  });

  it.each([
    ['textStream', 'async (model) => { let text = ""; for await (const delta of model.streamPrompt("Hi").textStream) text += delta; return text; }'],
    ['toTextReadableStream', 'async (model) => { let text = ""; for await (const delta of model.streamPrompt("Hi").toTextReadableStream()) text += delta; return text; }'],
    ['toResponse', '(model) => model.streamPrompt("Hi").toResponse().text()'],
    ['toOpenAIChunks', 'async (model) => { let text = ""; for await (const { choices } of model.streamPrompt("Hi").toOpenAIChunks()) text += choices[0].delta.content ?? ""; return text; }'],
    ['tee', 'async (model) => (await Promise.all(model.streamPrompt("Hi").tee().map((branch) => branch.result())))[1].text'],
  ])('a stream is read as %s', async (_, read) => {
    const { page, streamId } = await begin(read);
    native.write(streamId, 'Hello, ', '世界');
    native.finish(streamId);
    expect(await page.evaluate('outcome')).toBe('Hello, 世界');
    await page.close();
  });

  it('a slow reader pauses the model, and loses nothing', async () => {
    const { page, streamId } = await begin(`async (model) => {
      const stream = model.streamPrompt('Hi', { maxBufferedParts: 10 });
      const iterator = stream[Symbol.asyncIterator]();
      let text = (await iterator.next()).value.delta;
      await new Promise((resolve) => (globalThis.goOn = resolve));
      for await (const part of iterator) text += part.delta ?? '';
      return { text, pauses: (await stream.result()).bufferHighWater.pauses };
    }`);
    for (let written = 0; written < 100; written += 1) native.write(streamId, `${written} `);
    await until(() => native.paused.has(streamId));
    native.finish(streamId);
    await page.evaluate('goOn()');
    expect(await page.evaluate('outcome')).toEqual({ text: Array.from({ length: 100 }, (_, index) => `${index} `).join(''), pauses: 1 });
    await page.close();
  });

  it('errors are TramontaneErrors, those of a timeout too', async () => {
    const { page, streamId } = await begin(`(model, TramontaneError) => model.streamPrompt('Hi', { idleTimeoutMs: 30 }).result().catch((error) =>
      ({ ours: TramontaneError.isInstance(error), code: error.code, text: error.partial.text }))`);
    native.write(streamId, 'a');
    expect(await page.evaluate('outcome')).toEqual({ ours: true, code: 'idle-timeout', text: 'a' });
    await page.close();
  });

  it.each([
    ['is left by break', 'globalThis.iterator.return()'],
    ['is cancelled', 'globalThis.stream.cancel()'],
    ['is aborted', 'globalThis.controller.abort()'],
    ['loses its page', undefined],
    ['has its model closed', 'globalThis.model.close()'],
  ])('a stream that %s is cancelled at the model', async (_, leave) => {
    const { page, streamId } = await begin(`async (model) => {
      globalThis.controller = new AbortController();
      globalThis.stream = model.streamPrompt('Hi', { abortSignal: controller.signal });
      globalThis.iterator = stream[Symbol.asyncIterator]();
      await iterator.next();
      globalThis.begun = true;
    }`);
    native.write(streamId, 'a');
    await page.waitForFunction('globalThis.begun');
    if (leave) await page.evaluate(leave);
    else await page.close();
    await until(() => native.cancelled.includes(streamId));
    expect(native.live).toEqual([]);
    if (leave) await page.close();
  });

  it('a stream whose other side goes away fails with what came', async () => {
    const { page, streamId } = await begin(`async (model) => {
      const stream = model.streamPrompt('Hi');
      const iterator = stream[Symbol.asyncIterator]();
      await iterator.next();
      globalThis.begun = true;
      return stream.result().catch(({ code, partial }) => ({ code, text: partial.text }));
    }`);
    native.write(streamId, 'a');
    await page.waitForFunction('globalThis.begun');
    services.at(-1)?.close();
    expect(await page.evaluate('outcome')).toEqual({ code: 'connection-lost', text: 'a' });
    await page.close();
  });
});
