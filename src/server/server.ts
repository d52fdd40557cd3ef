import { createServer } from 'node:http';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { HandlerSettings } from './check-handler-options.ts';
import { checkCloseOptions, checkListenOptions, hostsOnLoopback, lastBytesMs } from './check-server-options.ts';
import type { ServerSettings } from './check-server-options.ts';
import { ServerHandler } from './server-handler.ts';
import type { CloseOptions, ListenOptions } from './server-options.ts';

/** A server on `node:http`; make one with {@link createServer}. It keeps the process alive while it listens. */
export class Server implements AsyncDisposable {
  readonly #handlerSettings: HandlerSettings;
  readonly #settings: ServerSettings;
  #http: HttpServer | undefined;
  #handler: ServerHandler | undefined;
  #url: string | undefined;
  #closed: Promise<void> | undefined;

  private constructor(handlerSettings: HandlerSettings, settings: ServerSettings) {
    this.#handlerSettings = handlerSettings;
    this.#settings = settings;
  }

  /** @internal */
  static of(handler: HandlerSettings, server: ServerSettings): Server {
    return new Server(handler, server);
  }

  /** Where it listens, without the `/v1`: `http://127.0.0.1:8080`; `undefined` before it does. */
  get url(): string | undefined {
    return this.#url;
  }

  /**
   * Begins to listen. Once.
   *
   * @returns The `url`.
   * @throws {TramontaneError} `invalid-argument` with the `field`: of an option, or `port` where it cannot be had;
   *   `closed`.
   */
  async listen(options?: ListenOptions): Promise<string> {
    const { port, host } = checkListenOptions(options);
    if (this.#closed) throw new TramontaneError('closed', 'the server was closed; make another');
    if (this.#http) throw new TramontaneError('invalid-argument', 'the server listens already', { field: 'port' });
    const handler = ServerHandler.of({ ...this.#handlerSettings, allowedHosts: hostsOnLoopback(this.#handlerSettings, host) });
    const http = this.#createHttp(handler);
    this.#http = http;
    this.#handler = handler;
    await listening(http, port, host);
    const { address, family, port: actual } = http.address() as AddressInfo;
    this.#url = `http://${family === 'IPv6' ? `[${address}]` : address}:${actual}`;
    return this.#url;
  }

  /**
   * Takes no more connections and requests, lets running answers go on until the deadline, cancels what is left then,
   * and unloads the models that it has loaded itself. Any number of times; the first deadline holds.
   *
   * @throws {TramontaneError} `invalid-argument` with the `field` `deadlineMs`.
   */
  async close(options?: CloseOptions): Promise<void> {
    this.#closed ??= this.#close(checkCloseOptions(options));
    return this.#closed;
  }

  /** Closes the server at the end of an `await using` scope, without waiting for what runs. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #createHttp(handler: ServerHandler): HttpServer {
    const { maxConnections, maxHeaderBytes, headerTimeoutMs, receiveTimeoutMs } = this.#settings;
    const http = createServer(
      {
        maxHeaderSize: maxHeaderBytes,
        headersTimeout: Math.min(headerTimeoutMs, receiveTimeoutMs),
        requestTimeout: receiveTimeoutMs,
        // How often Node looks: a limit shorter than that would not be one.
        connectionsCheckingInterval: Math.min(5000, headerTimeoutMs),
        noDelay: true,
      },
      handler.nodeListener,
    );
    http.on('upgrade', handler.nodeUpgrade);
    if (maxConnections !== undefined) http.maxConnections = maxConnections;
    return http;
  }

  async #close(options: CloseOptions): Promise<void> {
    const http = this.#http;
    const timer = setTimeout(() => http?.closeAllConnections(), (options.deadlineMs ?? 0) + lastBytesMs);
    const ended = http?.listening ? new Promise((resolve) => void http.close(resolve)) : undefined;
    // A connection is kept for the next request otherwise.
    http?.on('request', (_, response) => void response.once('close', () => void setImmediate(() => http.closeIdleConnections())));
    await this.#handler?.close(options);
    http?.closeIdleConnections();
    await ended;
    clearTimeout(timer);
  }
}

async function listening(http: HttpServer, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    http.once('error', (cause) => {
      reject(new TramontaneError('invalid-argument', `port ${port} of ${host} cannot be had: ${cause.message}`, { field: 'port', cause }));
    });
    http.listen(port, host, () => {
      http.removeAllListeners('error');
      resolve();
    });
  });
}
