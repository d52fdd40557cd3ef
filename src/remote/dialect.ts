import type { CheckedGenerateOptions } from '../request/check-request.ts';
import type { ChatMessage } from '../spec/chat-message.ts';
import type { Failure, FailurePart } from '../spec/failure-part.ts';
import type { DialectName } from '../spec/dialect-name.ts';
import type { RemoteModelInfo } from '../spec/remote-model-info.ts';
import type { StreamPart } from '../spec/stream-part.ts';
import type { Quirks } from './quirks.ts';

export type { CheckedGenerateOptions, DialectName };

/** One protocol: a request out, events in. Pure: no I/O, no clock. */
export interface Dialect {
  readonly name: DialectName;
  readonly framing: 'sse' | 'ndjson';
  /** Environment variables that may hold the key; the first that is set counts. */
  readonly keyVariables: readonly string[];
  /** Where it is served by its maker; `undefined` where there is no such place. */
  readonly baseUrl: string | undefined;
  headers(key: string | undefined): Record<string, string>;
  /**
   * The HTTP request for a checked request. `path` is put behind the base URL as it is, and may have a query.
   *
   * @throws {TramontaneError} `invalid-argument` with the `field`, for what this protocol cannot express. Nothing is
   *   dropped silently.
   */
  request(request: RemoteRequest, settings: DialectSettings): RequestBody;
  /** For one answer to one request. */
  decoder(request: RemoteRequest, settings: DialectSettings): EventDecoder;
  /** A failed response (status not 2xx) as a failure: message from the body in any of the shapes in the wild, code by status. */
  failure(status: number, body: string): Failure;
  /** The first message of a WebSocket for a request's body; absent where the protocol has no WebSocket. */
  readonly webSocketMessage?: (body: unknown) => unknown;
  /**
   * What to speak instead where a response without an answer says that the server does not have this protocol. Nothing
   * where it does not say so, and where the other protocol cannot do what `settings` ask for. Framed as this one is, with
   * the same keys.
   */
  standIn?(status: number, body: string, settings: DialectSettings): Spoken | undefined;
  /** The `GET` path, and how to read what it gives. */
  readonly listModels?: { readonly path: string; read(body: unknown): RemoteModelInfo[] };
  readonly embeddings?: {
    request(model: string, texts: readonly string[]): RequestBody;
    read(body: unknown): { readonly embeddings: number[][]; readonly inputTokens: number | undefined };
  };
}

/** A protocol, and what it is told besides requests. */
export interface Spoken {
  readonly dialect: Dialect;
  readonly settings: DialectSettings;
}

/** What is posted, and where. */
export interface RequestBody {
  readonly path: string;
  readonly body: unknown;
}

/** One event as it was framed. NDJSON lines and WebSocket messages have `data` only. */
export interface ServerEvent {
  readonly event?: string | undefined;
  readonly data: string;
  readonly id?: string | undefined;
}

/**
 * Turns one stream's events into parts. Never throws: what cannot be read becomes an `error` part. After a last part
 * (`finish`, `error`) it gives nothing more. Times are the transport's: `timings` are `noTime` here.
 */
export interface EventDecoder {
  push(event: ServerEvent): readonly (StreamPart | FailurePart)[];
  /**
   * The body is over, or broke off. Gives the last part where none has come: `finish` where the protocol had said its
   * reason, otherwise a failure `connection-lost`.
   */
  end(): readonly (StreamPart | FailurePart)[];
}

/** What the caller asked for, checked and copied: messages, or text to be continued. */
export interface RemoteRequest {
  readonly model: string;
  readonly prompt: { readonly messages: readonly ChatMessage[] } | { readonly text: string };
  /** One that was not given is absent or `undefined`. */
  readonly options: CheckedGenerateOptions;
}

/** What a dialect is told besides the request. */
export interface DialectSettings {
  readonly quirks: Quirks;
  /** Fields of the request's body that the caller sets by their own names; they override what the dialect sets. */
  readonly providerOptions: Readonly<Record<string, unknown>>;
}
