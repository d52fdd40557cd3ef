import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { beginEvents, loopback } from '../support/remote/loopback.ts';
import { sse } from '../support/remote/tiny-dialect.ts';

const src = new URL('../../src/', import.meta.url);

/** Runs a program that has `model`, connected to `url`, from the sources as they are. */
async function run(url: string, body: string): Promise<string> {
  const tiny = new URL('../support/remote/tiny-dialect.ts', import.meta.url);
  const source = `
    import { connectBy } from ${JSON.stringify(new URL('remote/connect.ts', src).href)};
    import { tinyDialect } from ${JSON.stringify(tiny.href)};
    const known = { 'openai-chat': tinyDialect };
    const model = connectBy(known, { dialect: 'openai-chat', model: 'tiny', baseUrl: ${JSON.stringify(url)}, retries: 1 });
    const stream = model.streamPrompt('Hi');
    const iterator = stream[Symbol.asyncIterator]();
    ${body}`;
  // The newer Node that npm installs reads TypeScript.
  const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(node, ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', source], { timeout: 15_000 });
  expect(stderr).toBe('');
  return stdout.trim();
}

const endless = () => loopback((_, response) => void beginEvents(response).write(sse({ text: 'a' })));

it.each([
  ['is paused', 'await iterator.next(); stream.pause(); iterator.next(); console.log("paused");', 'paused'],
  ['nobody reads on', 'await iterator.next(); console.log("idle");', 'idle'],
  ['was left', 'for await (const part of { [Symbol.asyncIterator]: () => iterator }) break; console.log("left");', 'left'],
  ['was cancelled', 'await iterator.next(); stream.cancel(); console.log((await stream.result()).finishReason);', 'aborted'],
])('a stream that %s does not keep the process alive', async (_, body, expected) => {
  const { url } = await endless();
  expect(await run(url, body)).toBe(expected);
});

it('a stream that is awaited keeps the process alive, also while it waits to try again, and while nothing comes', async () => {
  let count = 0;
  const { url } = await loopback((_, response) => {
    count += 1;
    if (count === 1) response.writeHead(503, { 'retry-after': '0.2' }).end();
    else setTimeout(() => beginEvents(response).end(sse({ text: 'late' }, { finish: 'stop' })), 200);
  });
  expect(await run(url, 'console.log((await stream.result()).text);')).toBe('late');
});

it('a connection that is kept for the next stream does not keep the process alive', async () => {
  const { url } = await loopback((_, response) => void beginEvents(response).end(sse({ text: 'a' }, { finish: 'stop' })));
  expect(await run(url, 'await stream.result(); console.log("done");')).toBe('done');
});
