import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { ConnectOptions, RemoteModel } from '../../../src/index.ts';
import { connectBy } from '../../../src/remote/connect.ts';
import { tinyDialect, tinyLines } from './tiny-dialect.ts';

export interface Loopback {
  readonly url: string;
  readonly server: Server;
  /** Connections that are open now. */
  readonly sockets: ReadonlySet<Socket>;
  /** The requests that have come, oldest first. */
  readonly requests: readonly IncomingMessage[];
  /** Waits until no connection is open; gives up after some seconds. */
  untilNoSockets(): Promise<void>;
}

/** A server on this machine, for the time of one test. */
export async function loopback(answer: RequestListener): Promise<Loopback> {
  const sockets = new Set<Socket>();
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    response.on('error', () => {});
    answer(request, response);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  const untilNoSockets = async () => {
    for (let left = 300; left > 0 && sockets.size > 0; left -= 1) await setTimeout(10);
  };
  return { url: `http://127.0.0.1:${port}`, server, sockets, requests, untilNoSockets };
}

/** A model of such a server that speaks the tiny protocol; closed when the test is over. */
export function connectTiny(url: string, options: Partial<ConnectOptions> = {}): RemoteModel {
  const known = { 'openai-chat': tinyDialect, ollama: tinyLines };
  const model = connectBy(known, { dialect: 'openai-chat', model: 'tiny', baseUrl: url, retries: 0, ...options });
  onTestFinished(() => model.close());
  return model;
}

/** Begins to answer with server-sent events. */
export function beginEvents(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream' });
}

/** Writes, and waits until there is room for more, or none for ever. */
export async function writeSlowly(writable: Writable, bytes: Uint8Array): Promise<void> {
  if (writable.write(bytes) || writable.destroyed) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      writable.off('drain', done).off('close', done);
      resolve();
    };
    writable.on('drain', done).on('close', done);
  });
}
