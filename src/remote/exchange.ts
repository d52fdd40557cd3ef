/** One HTTP request, as it goes out. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Asks for a WebSocket, and sends `body` as its first message. */
  readonly webSocket: boolean;
}

export interface HttpResponse {
  readonly status: number;
  /** A header by its name in lower case. */
  header(name: string): string | undefined;
}

/** A request under way and its response. Nothing is read from the connection but what is asked for. */
export interface Exchange {
  /** Rejects with a `RemoteFailure` where there is no response. */
  readonly response: Promise<HttpResponse>;
  /**
   * The next bytes of the body, decompressed; `undefined` at its end. Rejects where the connection breaks. Called after
   * `response`, and again once it has settled.
   */
  read(): Promise<Uint8Array | undefined>;
  /** Sends more, through a WebSocket. */
  write(bytes: Uint8Array): void;
  /** Whether the connection keeps the process alive. It does until this is called. */
  setAwaited(awaited: boolean): void;
  /** Closes the connection at once. */
  close(): void;
  /** Nothing more is wanted. Where the body is about to be over, the connection is kept for another request. */
  release(): void;
}

export type OpenExchange = (request: HttpRequest) => Exchange;

/** Reads what is left of a body that should be over, so that its connection can be kept; not for long. */
export async function readRest(exchange: Exchange, patienceMs = 250): Promise<void> {
  const timer = setTimeout(() => exchange.close(), patienceMs).unref();
  exchange.setAwaited(false);
  try {
    while ((await exchange.read()) !== undefined);
  } catch {
    // Then it is closed.
  }
  clearTimeout(timer);
}
