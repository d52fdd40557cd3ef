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
    const signal = options.tunnelSignal;
    const request = send(this.#proxy, { method: 'CONNECT', path: target, headers, agent: false, ...(signal && { signal }) });
    request.once('error', connected);
    request.once('connect', ({ statusCode }, socket) => {
      request.off('error', connected);
      if (statusCode !== 200) {
        socket.destroy();
        connected(new Error(`the proxy ${this.#proxy.origin} answers ${statusCode} to CONNECT`));
        return;
      }
      const stop = () => socket.destroy();
      signal?.addEventListener('abort', stop, { once: true });
      const tls = connectTls({ ...options, socket });
      tls.once('error', connected);
      tls.once('secureConnect', () => {
        signal?.removeEventListener('abort', stop);
        tls.off('error', connected);
        connected(null, tls);
      });
    });
    request.end();
    return undefined;
  }
}
