import { readRest } from './exchange.ts';
import type { Exchange, HttpRequest, HttpResponse } from './exchange.ts';
import { RemoteFailure, reasonOf } from './remote-failure.ts';

/**
 * A request by a `fetch` that the caller has given. It decides itself how long a connection may take, and keeps the
 * process alive as it likes.
 */
export class FetchExchange implements Exchange {
  readonly response: Promise<HttpResponse>;
  readonly #controller = new AbortController();
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  constructor(fetch: typeof globalThis.fetch, request: HttpRequest) {
    this.response = this.#send(fetch, request);
    // It may have been given up before anybody asks.
    this.response.catch(() => {});
  }

  async read(): Promise<Uint8Array | undefined> {
    const read = await this.#reader?.read();
    return read?.value;
  }

  write(): void {}

  setAwaited(): void {}

  close(): void {
    this.#controller.abort();
    // What does not listen to the signal may listen to this.
    this.#reader?.cancel().catch(() => {});
  }

  release(): void {
    void readRest(this);
  }

  async #send(fetch: typeof globalThis.fetch, { method, url, headers, body }: HttpRequest): Promise<HttpResponse> {
    try {
      const response = await fetch(url.href, {
        method,
        headers: { ...headers },
        // To follow a redirect here is to keep the key from other origins.
        redirect: 'manual',
        signal: this.#controller.signal,
        ...(body !== undefined && { body }),
      });
      this.#reader = response.body?.getReader();
      if (this.#controller.signal.aborted) this.close();
      return { status: response.status, header: (name) => response.headers.get(name) ?? undefined };
    } catch (cause) {
      const message = `no answer from ${url.origin}: ${reasonOf(cause)}; is the engine running, and reachable from here?`;
      throw new RemoteFailure({ code: 'connection-failed', message, cause }, 'later');
    }
  }
}
