import type { Dialect, RequestBody } from './dialect.ts';
import type { Endpoint } from './endpoint.ts';
import type { Exchange, HttpResponse } from './exchange.ts';
import { RemoteFailure } from './remote-failure.ts';
import { retryAfterOf } from './retry-delays.ts';

/** How much of a failed response is read for what it says, and for how long. */
const mostFailureBytes = 64 * 1024;
const failurePatienceMs = 5_000;

const redirects = new Set([301, 302, 303, 307, 308]);

/** Those that say nothing of the request, so that it may be made again. */
function isPassing(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

/** One request to a remote engine: redirects followed, failures put into words. */
export class RemoteCall {
  readonly #endpoint: Endpoint;
  #exchange: Exchange | undefined;
  #awaited: boolean;
  #closed = false;

  constructor(endpoint: Endpoint, awaited: boolean) {
    this.#endpoint = endpoint;
    this.#awaited = awaited;
  }

  /**
   * Sends it; `undefined` for the body asks by GET.
   *
   * @param webSocket - whether it goes through one: streams do, where the connection has it, and what is asked besides does not
   * @throws {RemoteFailure} where the response is not one of success
   */
  async open({ path, body }: RequestBody, accept: string, webSocket: boolean): Promise<HttpResponse> {
    const { maxRedirects, open } = this.#endpoint.options;
    const { dialect } = this.#endpoint.spoken;
    const sent = webSocket ? dialect.webSocketMessage?.(body) : body;
    const json = sent === undefined ? undefined : JSON.stringify(sent);
    const common = { accept, 'user-agent': 'tramontane', ...(json !== undefined && { 'content-type': 'application/json' }) };
    let headers: Record<string, string> = { ...common, ...this.#endpoint.privateHeaders };
    let url = this.#endpoint.url(path);
    for (let left = maxRedirects; ; left -= 1) {
      const method = body === undefined ? 'GET' : 'POST';
      const exchange = open({ method: webSocket ? 'GET' : method, url, headers, body: json, webSocket });
      this.#exchange = exchange;
      exchange.setAwaited(this.#awaited);
      if (this.#closed) exchange.close();
      const response = await exchange.response;
      if (response.status >= 200 && response.status < 300) return response;
      const location = response.header('location');
      if (!redirects.has(response.status) || location === undefined) throw await this.#failure(dialect, response);
      exchange.release();
      const next = redirected(url, location, response.status, method, left);
      // Keys stay with the origin that they are meant for, also where a later redirect leads back to it.
      if (next.origin !== url.origin) headers = common;
      url = next;
    }
  }

  /** The next bytes of the body; `undefined` at its end. */
  read(): Promise<Uint8Array | undefined> {
    return this.#exchange?.read() ?? Promise.resolve(undefined);
  }

  write(bytes: Uint8Array): void {
    this.#exchange?.write(bytes);
  }

  /** The body as text; what is beyond `mostBytes` is left out, and so is what has not come when the connection breaks. */
  async text(mostBytes: number): Promise<string> {
    const pieces: Uint8Array[] = [];
    let length = 0;
    try {
      for (let bytes = await this.read(); bytes !== undefined; bytes = await this.read()) {
        pieces.push(bytes);
        length += bytes.length;
        if (length >= mostBytes) {
          this.close();
          break;
        }
      }
    } catch {
      // Some of what it says is better than nothing.
    }
    return new TextDecoder().decode(Buffer.concat(pieces).subarray(0, mostBytes));
  }

  setAwaited(awaited: boolean): void {
    this.#awaited = awaited;
    this.#exchange?.setAwaited(awaited);
  }

  close(): void {
    this.#closed = true;
    this.#exchange?.close();
  }

  release(): void {
    this.#exchange?.release();
  }

  async #failure(dialect: Dialect, response: HttpResponse): Promise<RemoteFailure> {
    const { key, keyVariables } = this.#endpoint.options;
    const timer = setTimeout(() => this.#exchange?.close(), failurePatienceMs).unref();
    const text = await this.text(mostFailureBytes);
    clearTimeout(timer);
    const failure = dialect.failure(response.status, text);
    if (this.#endpoint.lacks(dialect, response.status, text)) return new RemoteFailure(failure, 'at-once');
    const retryAfterMs = retryAfterOf(response.header) ?? failure.retryAfterMs;
    const hint = failure.code === 'unauthorized' && key === undefined ? `; no key was sent: ${keyHint(keyVariables)}` : '';
    return new RemoteFailure(
      { ...failure, message: failure.message + hint, ...(retryAfterMs !== undefined && { retryAfterMs }) },
      isPassing(response.status) ? 'later' : 'never',
    );
  }
}

function keyHint(variables: readonly string[]): string {
  const [variable] = variables;
  return variable === undefined ? 'pass apiKey' : `pass apiKey, or set ${variable}`;
}

function redirected(from: URL, location: string, status: number, method: string, left: number): URL {
  const refused = (why: string) =>
    new RemoteFailure(
      { code: 'remote-failed', message: `${from.origin} redirects ${why}; let baseUrl be where the engine is`, field: 'baseUrl' },
      'never',
    );
  if (left <= 0) throw refused('more often than maxRedirects allows');
  let url: URL;
  try {
    url = new URL(location, from);
  } catch {
    throw refused('to what is no URL');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused(`to ${url.protocol}`);
  if (from.protocol === 'https:' && url.protocol === 'http:') throw refused('from https to http');
  if (status === 303 && method === 'POST') throw refused('to another page (303), as if there were nothing to generate');
  return url;
}
