import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectWindow } from '../../examples/electron/connect-window.mjs';
import { serveWindows } from '../../examples/electron/serve-windows.mjs';
import type { Model } from '../../src/index.ts';
import { connectPort, serveModel } from '../../src/port/index.ts';
import { electronChannel, electronProcess } from '../support/electron-ports.ts';
import type { ElectronPort } from '../support/electron-ports.ts';
import type { FakeNativeModel } from '../support/fake-native-model.ts';
import { openFakeModel } from '../support/open-fake-model.ts';
import { until } from '../support/port-pair.ts';
import { errorOf } from '../support/read-stream.ts';
import { openBrowser } from '../support/web-page.ts';
import type { Browser } from '../support/web-page.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/examples/electron/${path}`, 'utf8');

it('the example has the right types, and no lint', async () => {
  const run = promisify(execFile);
  await run(process.execPath, [`${root}/node_modules/typescript/bin/tsc`, '-p', 'examples/electron/tsconfig.json'], { cwd: root });
  const { stdout } = await run(process.execPath, [`${root}/node_modules/oxlint/bin/oxlint`, '--deny-warnings', 'examples/electron'], { cwd: root });
  expect(stdout).toContain('0 errors');
}, 60_000);

it('the page allows its own import map and no other script in it', () => {
  const page = read('index.html');
  const [, map = ''] = /<script type="importmap">(.*)<\/script>/.exec(page) ?? [];
  expect(page).toContain(`script-src 'self' 'sha256-${createHash('sha256').update(map).digest('base64')}'`);
});

describe('windows with ports like those of Electron', () => {
  let model: Model;
  let native: FakeNativeModel;
  let modelProcess: ReturnType<typeof electronProcess>;
  beforeAll(async () => {
    ({ model, native } = await openFakeModel());
    modelProcess = electronProcess();
    // The example has the package's published types.
    serveWindows(modelProcess.parentPort, model as never);
  });

  /** What a window gets: in Electron it is the web's port that comes out at this end. */
  function openWindow(): ElectronPort {
    const got: ElectronPort[] = [];
    connectWindow(modelProcess, { postMessage: (_channel: string, _message: unknown, ports: ElectronPort[]) => void got.push(...ports) }, electronChannel());
    return got[0] as ElectronPort;
  }

  it('read their own streams of one model, and closing one cancels its own', async () => {
    const [first, second] = [openWindow(), openWindow()];
    const models = await Promise.all([connectPort(first), connectPort(second)]);
    const [lost, kept] = models.map((each) => each.streamPrompt('Hi').result()) as [Promise<unknown>, Promise<{ text: string }>];
    const failure = errorOf(lost);
    await until(() => native.live.length === 2);
    first.close();
    await until(() => native.live.length === 1);
    expect(await failure).toMatchObject({ code: 'connection-lost' });
    const [streamId = 0] = native.live;
    native.write(streamId, 'still here');
    native.finish(streamId);
    expect(await kept).toMatchObject({ text: 'still here' });
    await models[1].close();
  });

  it('may connect before anybody serves, as messages wait in the port', async () => {
    const { port1, port2 } = electronChannel();
    const connecting = connectPort(port2);
    await new Promise((resolve) => void setTimeout(resolve, 20));
    serveModel(port1, model);
    expect((await connecting).info.model).toBe('fake');
  });

  it('are told when the process with the model has gone', async () => {
    const { port1, port2 } = electronChannel();
    serveModel(port1, model);
    const connected = await connectPort(port2);
    const failure = errorOf(connected.streamPrompt('Hi').result());
    await until(() => native.live.length === 1);
    port1.close();
    expect(await failure).toMatchObject({ code: 'connection-lost' });
    await until(() => native.live.length === 0);
  });
});

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')("the example's page in Chromium", () => {
  let browser: Browser;
  let model: Model;
  let native: FakeNativeModel;
  beforeAll(async () => {
    ({ model, native } = await openFakeModel());
    browser = await openBrowser();
  }, 60_000);
  afterAll(() => browser?.close());

  it('asks, shows the answer as it comes, stops, and is cancelled when it closes', async () => {
    const page = await browser.open((port) => void serveModel(port, model), '/examples/electron/index.html');
    const text = (id: string) => page.evaluate(`document.getElementById('${id}').textContent`);
    // What the preload script does with the port that it gets.
    await page.evaluate(`openPort().then((port) => window.postMessage('model-port', '*', [port]))`);
    await expect.poll(() => text('state')).toBe('fake');
    await page.fill('#question', 'Which wind?');
    await page.click('text=Ask');
    await until(() => native.live.length === 1);
    expect(native.requests.get(1)).toMatchObject({ prompt: { messages: [{ role: 'user', content: 'Which wind?' }] } });
    native.write(1, 'The mistral');
    await expect.poll(() => text('answer')).toBe('The mistral');
    await page.click('text=Stop');
    await expect.poll(() => text('state')).toBe('aborted');
    expect(native.cancelled).toEqual([1]);

    await page.fill('#question', 'And now?');
    await page.click('text=Ask');
    await until(() => native.live.length === 1);
    expect(native.requests.get(2)).toMatchObject({ prompt: { messages: [{}, { role: 'assistant', content: 'The mistral' }, { content: 'And now?' }] } });
    native.fail(2, { code: 'engine-failed', message: 'out of memory' });
    await expect.poll(() => text('state')).toBe('engine-failed: out of memory');

    await page.click('text=Ask');
    await until(() => native.live.length === 1);
    await page.close();
    await until(() => native.live.length === 0);
    expect(native.cancelled).toContain(3);
  });
});
