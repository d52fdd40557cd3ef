import { createHash, randomBytes } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { readRest } from './exchange.ts';
import type { Exchange, HttpRequest, HttpResponse } from './exchange.ts';
import { proxyAuthorization, proxyFor } from './proxy-for.ts';
import { RemoteFailure, reasonOf } from './remote-failure.ts';
import { TunnelAgent } from './tunnel-agent.ts';
import { clientClose, clientMessage } from './web-socket-framing.ts';

/** By RFC 6455, section 1.3. */
const webSocketGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Connections to one engine, kept for the next request. They do not keep the process alive. */
export class NodeConnections {
  readonly #connectTimeoutMs: number;
  readonly #http = new HttpAgent({ keepAlive: true });
  readonly #https = new HttpsAgent({ keepAlive: true });
  #tunnels: TunnelAgent | undefined;

  /** @param connectTimeoutMs - How long a connection may take to be there; 0 for as long as it likes. */
  constructor(connectTimeoutMs: number) {
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  open(request: HttpRequest): Exchange {
    return new NodeExchange(request, this.#routeTo(request.url), this.#connectTimeoutMs);
  }

  #routeTo(url: URL): Route {
    const proxy = proxyFor(url, process.env);
    if (!proxy) return { agent: url.protocol === 'https:' ? this.#https : this.#http, via: undefined };
    if (url.protocol === 'http:') return { agent: proxy.protocol === 'https:' ? this.#https : this.#http, via: proxy };
    // The environment names one proxy for all that is https.
    this.#tunnels ??= new TunnelAgent(proxy, { keepAlive: true });
    return { agent: this.#tunnels, via: undefined };
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
    this.#tunnels?.destroy();
  }
}

/** Who makes the connection, and the proxy that is asked in the server's place. */
interface Route {
  readonly agent: HttpAgent;
  readonly via: URL | undefined;
}

/**
 * A request by `node:http`. Not by `fetch`, since that ends an answer whose first token takes five minutes, keeps the
 * process alive for streams that are paused, and cannot tell a connection that is not made from an engine that is busy.
 */
class NodeExchange implements Exchange {
  readonly response: Promise<HttpResponse>;
  readonly #request: ClientRequest;
  #socket: Socket | undefined;
  #awaited = true;
  /** The connection is a WebSocket, which outlives its request. */
  #upgraded = false;
  #body: AsyncIterator<Uint8Array> | undefined;
  #connectTimer: NodeJS.Timeout | undefined;
  readonly #tunnel = new AbortController();
  /** Why it was given up before there was a connection. */
  #tooLate: Error | undefined;

  constructor(request: HttpRequest, { agent, via }: Route, connectTimeoutMs: number) {
    const { url, method, body, webSocket } = request;
    const key = randomBytes(16).toString('base64');
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': key };
    const asked = via ?? url;
    const headers = { ...request.headers, ...(webSocket && upgrade), ...(via && { host: url.host, ...proxyAuthorization(via) }) };
    // A proxy wants to know the whole URL (RFC 9112, section 3.2.2).
    const options = { method, agent, headers, ...(via && { path: url.href }), tunnelSignal: this.#tunnel.signal };
    this.#request = (asked.protocol === 'https:' ? httpsRequest : httpRequest)(asked, options);
    this.response = new Promise((resolve, reject) => {
      this.#request.once('response', (message) => {
        if (webSocket && message.statusCode === 200) {
          message.destroy();
          reject(noWebSocket(url));
          return;
        }
        // One that breaks off before it is read tells the first read.
        message.on('error', () => {});
        this.#body = decoded(message)[Symbol.asyncIterator]();
        resolve(headOf(message));
      });
      this.#request.once('upgrade', (message: IncomingMessage, socket: Socket, head: Buffer) => {
        this.#upgraded = true;
        socket.on('error', () => {});
        if (!webSocket || message.headers['sec-websocket-accept'] !== acceptOf(key)) {
          socket.destroy();
          reject(noWebSocket(url));
          return;
        }
        this.#socket = socket;
        if (head.length > 0) socket.unshift(head);
        this.#body = socket[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
        if (body !== undefined) socket.write(clientMessage(body));
        resolve({ ...headOf(message), status: 200 });
      });
      this.#request.on('error', (cause) => reject(this.#failure(url, this.#tooLate ?? cause)));
      this.#request.once('close', () => {
        clearTimeout(this.#connectTimer);
        reject(this.#failure(url, new Error('the connection was closed')));
      });
    });
    // It may have been given up before anybody asks.
    this.response.catch(() => {});
    if (connectTimeoutMs > 0) this.#connectTimer = setTimeout(() => this.#giveUp(connectTimeoutMs), connectTimeoutMs).unref();
    this.#request.once('socket', (socket) => this.#watch(socket));
    this.#request.end(webSocket ? undefined : body);
  }

  async read(): Promise<Uint8Array | undefined> {
    const read = await this.#body?.next();
    return read === undefined || read.done ? undefined : read.value;
  }

  write(bytes: Uint8Array): void {
    if (this.#socket?.writable) this.#socket.write(bytes);
  }

  setAwaited(awaited: boolean): void {
    this.#awaited = awaited;
    // One that is with the agent again is the agent's business.
    if (this.#socket?.destroyed === false) this.#socket[awaited ? 'ref' : 'unref']();
  }

  close(): void {
    this.#request.destroy();
    this.#tunnel.abort();
    this.#socket?.destroy();
  }

  release(): void {
    if (this.#upgraded) this.write(clientClose());
    void readRest(this);
  }

  #giveUp(connectTimeoutMs: number): void {
    this.#tooLate = new Error(`it took more than ${connectTimeoutMs} ms (connectTimeoutMs)`);
    this.#request.destroy(this.#tooLate);
    this.#tunnel.abort();
  }

  #watch(socket: Socket): void {
    this.#socket = socket;
    this.setAwaited(this.#awaited);
    this.#request.once('close', () => {
      if (!this.#upgraded) this.#socket = undefined;
    });
    const connected = () => clearTimeout(this.#connectTimer);
    if (socket.connecting) socket.once('encrypted' in socket ? 'secureConnect' : 'connect', connected);
    else connected();
  }

  #failure(url: URL, cause: Error): RemoteFailure {
    const message = `no answer from ${url.origin}: ${reasonOf(cause)}; is the engine running, and reachable from here?`;
    const stale = this.#request.reusedSocket && (cause as NodeJS.ErrnoException).code === 'ECONNRESET';
    return new RemoteFailure({ code: 'connection-failed', message, cause }, stale ? 'at-once' : 'later');
  }
}

function headOf(message: IncomingMessage): HttpResponse {
  return {
    status: message.statusCode ?? 0,
    header: (name) => {
      const value = message.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
  };
}

/** The body without its compression. Each piece is given as soon as it can be: the server waits for nothing either. */
function decoded(message: IncomingMessage): Readable {
  const eager = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
  const { BROTLI_OPERATION_FLUSH: flush } = constants;
  switch (message.headers['content-encoding']?.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return pipeline(message, createGunzip(eager), toldByReading);
    case 'deflate':
      return pipeline(message, createInflate(eager), toldByReading);
    case 'br':
      return pipeline(message, createBrotliDecompress({ flush, finishFlush: flush }), toldByReading);
    default:
      return message;
  }
}

/** What goes wrong in a pipeline is thrown by reading its end. */
function toldByReading(): void {}

function acceptOf(key: string): string {
  return createHash('sha1').update(key + webSocketGuid).digest('base64');
}

function noWebSocket(url: URL): RemoteFailure {
  const message = `${url.origin} answers, but not with a WebSocket; leave websocket out`;
  return new RemoteFailure({ code: 'remote-failed', message, field: 'websocket' }, 'never');
}
