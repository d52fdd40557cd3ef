import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import chromium from '@sparticuz/chromium';
import { chromium as playwright } from 'playwright-core';
import type { Page } from 'playwright-core';
import { WebSocketServer } from 'ws';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Makes `openPort`: a port whose other end is in Node, as that of a window is in another process. */
const openPort = `
globalThis.openPort = async () => {
  const { port1, port2 } = new MessageChannel();
  const socket = new WebSocket(location.origin.replace('http', 'ws'));
  await new Promise((resolve) => (socket.onopen = resolve));
  port2.onmessage = ({ data }) => socket.send(JSON.stringify(data));
  socket.onmessage = ({ data }) => port2.postMessage(JSON.parse(data));
  socket.onclose = () => port2.close();
  return port1;
};`;

const types: Readonly<Record<string, string>> = { js: 'text/javascript', mjs: 'text/javascript', html: 'text/html' };

export interface Browser {
  /** A page, empty or a file of this checkout, whose ports are given to `onPort`. */
  open(onPort: (port: MessagePort) => void, path?: string): Promise<Page>;
  close(): Promise<void>;
}

/** A Chromium without a screen, and a server with its page and the package as it was built. */
export async function openBrowser(): Promise<Browser> {
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const file = `${root}${path}`;
    const [, type = ''] = /^\/(?:dist|examples\/electron)\/[\w/-]+\.(js|mjs|html)$/.exec(path) ?? [];
    if (path === '/') response.setHeader('content-type', 'text/html').end('<!doctype html>');
    else if (type && existsSync(file)) createReadStream(file).pipe(response.setHeader('content-type', types[type] ?? ''));
    else response.writeHead(404).end();
  });
  const sockets = new WebSocketServer({ server });
  let onPort: (port: MessagePort) => void = () => {};
  sockets.on('connection', (socket) => {
    const { port1, port2 } = new MessageChannel();
    socket.on('message', (data: Buffer) => port1.postMessage(JSON.parse(data.toString())));
    port1.on('message', (message) => socket.send(JSON.stringify(message)));
    port1.on('close', () => socket.close());
    socket.on('close', () => port1.close());
    onPort(port2);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  // In one process it would end with its first page.
  const args = chromium.args.filter((arg) => arg !== '--single-process');
  const browser = await playwright.launch({ executablePath: await chromium.executablePath(), args, headless: true });
  return {
    async open(take, path = '/') {
      onPort = take;
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
      await page.evaluate(openPort);
      return page;
    },
    async close() {
      await browser.close();
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}
