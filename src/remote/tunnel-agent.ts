import { request as httpRequest } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { AgentOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { proxyAuthorization } from './proxy-for.ts';

export interface TunnelOptions {
  /** Gives up a tunnel that is being made. A request has no socket until then, so destroying it alone does nothing. */
  readonly tunnelSignal: AbortSignal;
}

type Connected = (error: Error | null, socket?: Duplex) => void;

/** Connections to https servers by CONNECT through a proxy (RFC 9110, section 9.3.6), kept like others. */
export class TunnelAgent extends Agent {
  readonly #proxy: URL;

  constructor(proxy: URL, options: AgentOptions) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(options: ConnectionOptions & Partial<TunnelOptions>, connected: Connected): undefined {
    const { host = '', port } = options;
    const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const send = this.#proxy.protocol === 'https:' ? httpsRequest : httpRequest;
    const headers = { host: target, ...proxyAuthorization(this.#proxy) };
    const request = send(this.#proxy, { method: 'CONNECT', path: target, headers, agent: false });
    const { tunnelSignal } = options;
    let unfinished: { destroy(): unknown } = request;
    const giveUp = () => void unfinished.destroy();
    tunnelSignal?.addEventListener('abort', giveUp, { once: true });
    let isDone = false;
    const done: Connected = (error, socket) => {
      if (isDone) return;
      isDone = true;
      // The connection may serve others from now on.
      tunnelSignal?.removeEventListener('abort', giveUp);
      connected(error, socket);
    };
    request.on('error', done);
    request.once('connect', ({ statusCode }, socket) => {
      unfinished = socket.on('error', () => {});
      if (statusCode !== 200) {
        socket.destroy();
        done(new Error(`the proxy ${this.#proxy.origin} answers ${statusCode} to CONNECT`));
        return;
      }
      const tls = connectTls({ ...options, socket });
      tls.on('error', done);
      tls.once('secureConnect', () => done(null, tls));
    });
    request.end();
    return undefined;
  }
}
