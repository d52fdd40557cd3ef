import { spawn } from 'node:child_process';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { printStream, recordStream, replayStream } from '../../src/index.ts';
import type { GenerationStream, Model } from '../../src/index.ts';
import type { ScriptedReply } from '../../src/testing/index.ts';
import { scriptedModel } from '../../src/testing/index.ts';
import { errorOf, readAll } from '../support/read-stream.ts';
import { runScript } from '../support/run-script.ts';
import { untilQuiet } from '../support/until-quiet.ts';

let model: Model;
afterEach(() => model?.close());
async function load(reply: ScriptedReply): Promise<GenerationStream> {
  model = await scriptedModel({ replies: [reply] });
  return model.streamPrompt('Hi');
}

const text = 'Ciao 👩‍🚀🇮🇹, 你好, e\u0301';
const endless: ScriptedReply = { text: 'x'.repeat(3000), stepMs: 5 };
const nothingLeft = { liveSequences: 0, queuedSequences: 0, unreadParts: 0 };

describe('every view has the whole text', () => {
  it.each<[string, (stream: GenerationStream) => Promise<string>]>([
    ['toResponse()', (stream) => stream.toResponse().text()],
    ['toTextReadableStream()', async (stream) => (await readAll(stream.toTextReadableStream() as AsyncIterable<string>)).join('')],
    ['toNodeReadable()', async (stream) => (await readAll(stream.toNodeReadable() as AsyncIterable<string>)).join('')],
    ['toOpenAIChunks()', async (stream) => (await readAll(stream.toOpenAIChunks())).map(({ choices }) => choices[0]?.delta.content ?? '').join('')],
    ['tee()', async (stream) => (await Promise.all(stream.tee(3).map((branch) => branch.result()))).map((result) => result.text)[2] ?? ''],
    ['printStream()', async (stream) => {
      const paper = new PassThrough();
      await printStream(stream, paper);
      return String(paper.read());
    }],
  ])('%s', async (_, read) => {
    const stream = await load({ text, stepMs: 1 });
    expect(await read(stream)).toBe(text);
    expect((await stream.result()).text).toBe(text);
  });
});

describe('leaving a view frees the sequence', () => {
  const ways: Record<string, (stream: GenerationStream) => Promise<unknown>> = {
    'reasoningStream, behind a pending read': async (stream) => {
      const iterator = stream.reasoningStream[Symbol.asyncIterator]();
      void iterator.next();
      await new Promise((resolve) => void setTimeout(resolve, 30));
      await iterator.return?.();
    },
    'toReadableStream()': async (stream) => {
      const reader = stream.toReadableStream().getReader();
      await reader.read();
      await reader.cancel();
    },
    'toResponse()': async (stream) => {
      const reader = stream.toResponse({ format: 'sse' }).body?.getReader();
      await reader?.read();
      await reader?.cancel();
    },
    'toNodeReadable()': async (stream) => {
      for await (const chunk of stream.toNodeReadable()) if (chunk) break;
    },
    'toOpenAIChunks()': async (stream) => {
      for await (const chunk of stream.toOpenAIChunks()) if (chunk) break;
    },
    'all branches of tee()': async (stream) => {
      for (const branch of stream.tee()) for await (const part of branch) if (part) break;
    },
    'recordStream()': async (stream) => {
      for await (const part of recordStream(stream, () => {})) if (part) break;
    },
    'printStream() to a closed writable': async (stream) => {
      const paper = new PassThrough();
      paper.once('data', () => paper.destroy());
      await printStream(stream, paper);
    },
  };

  it.each(Object.keys(ways))('by %s', async (way) => {
    const stream = await load(endless);
    await ways[way]?.(stream);
    expect(await untilQuiet(model)).toMatchObject(nothingLeft);
    expect(await stream.result()).toMatchObject({ finishReason: 'aborted' });
  });

  it('by firstTokenTimeoutMs', async () => {
    await load({ text: 'a', prefillMs: 300 });
    const error = await errorOf(model.streamPrompt('Hi', { firstTokenTimeoutMs: 30 }).result());
    expect(error).toMatchObject({ code: 'first-token-timeout' });
    expect(await untilQuiet(model)).toMatchObject(nothingLeft);
  });

  it('by idleTimeoutMs', async () => {
    await load({ text: 'abc', stepMs: 300 });
    const error = await errorOf(model.streamPrompt('Hi', { idleTimeoutMs: 30 }).result());
    expect(error).toMatchObject({ code: 'idle-timeout', partial: { text: 'a' } });
    expect(await untilQuiet(model)).toMatchObject(nothingLeft);
  });

  it('by a client that goes away', async () => {
    const stream = await load(endless);
    const server = createServer((_incoming, outgoing) => void pipeline(stream.toNodeReadable(), outgoing).catch(() => {}));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const client = request({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' }).end();
    client.on('error', () => {});
    client.on('response', (response: Readable) => void response.once('data', () => client.destroy()));
    expect(await stream.result()).toMatchObject({ finishReason: 'aborted' });
    expect(await untilQuiet(model)).toMatchObject(nothingLeft);
    server.closeAllConnections();
    server.close();
  });
});

it('what is recorded is replayed: the same parts and result', async () => {
  const lines: string[] = [];
  const stream = recordStream(await load({ text, stepMs: 1 }), (line) => lines.push(line));
  const parts = await readAll(stream);
  const replay = replayStream(lines.join(''), { speed: 'instant' });
  expect(await readAll(replay)).toEqual(parts);
  // What waited for a reader is each stream's own.
  const { bufferHighWater: _, ...result } = await stream.result();
  expect(await replay.result()).toMatchObject(result);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ model: 'scripted', request: { prompt: {}, temperature: 0.7 } });
});

describe('a process', () => {
  it('ends as soon as its streams have, whatever their timeouts', async () => {
    const end = await runScript(`
      const model = await scriptedModel({ replies: ['abc'] });
      const options = { firstTokenTimeoutMs: 60_000, idleTimeoutMs: 60_000 };
      for await (const delta of model.streamPrompt('Hi', options).textStream) if (delta) break;
      console.log((await model.streamPrompt('Hi', options).result()).text);
    `);
    expect(end).toMatchObject({ code: 0, stdout: 'abc\n', stderr: '' });
    expect(end.elapsedMs).toBeLessThan(10_000);
  });

  it('that prints to a pipe which is closed (head -c 1) ends well', async () => {
    const { pathname } = new URL('../../dist/', import.meta.url);
    const script = `
      import { printStream } from '${pathname}index.js';
      import { scriptedModel } from '${pathname}testing/index.js';
      const model = await scriptedModel({ replies: [${JSON.stringify(endless)}] });
      const { finishReason } = await printStream(model.streamPrompt('Hi'));
      console.error(finishReason);
      await model.close();
    `;
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)));
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => void child.once('close', resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'aborted\n' });
  });
});
