import type { LanguageModel } from '../stream/language-model.ts';
import type { HandlerSettings } from './check-handler-options.ts';
import { HttpError } from './http-error.ts';
import type { ModelLease, ModelRegistry } from './model-registry.ts';
import type { ResumableStreams } from './replay/resumable-streams.ts';
import type { Responses } from './responses/responses.ts';
import type { ServedEmbeddingModel } from './served-model.ts';
import type { ServerMetrics } from './server-metrics.ts';
import { toHttpError } from './to-http-error.ts';

/** What all requests of a handler share. */
export interface Shared {
  readonly settings: HandlerSettings;
  readonly models: ModelRegistry;
  readonly metrics: ServerMetrics;
  readonly responses: Responses;
  readonly streams: ResumableStreams;
  /** Raised when the server begins to close: what runs may go on, nothing new is begun. */
  readonly closing: AbortSignal;
}

/** What tells one request from others. */
export interface RequestIdentity {
  readonly requestId: string;
  readonly method: string;
  /** The route's path; `null` where there is none. */
  readonly route: string | null;
  /** What the route's `*` stands for; `''` where it has none. */
  readonly rest: string;
}

/** A request from its arrival to the last byte of its answer. */
export class RequestContext {
  readonly settings: HandlerSettings;
  readonly models: ModelRegistry;
  readonly metrics: ServerMetrics;
  readonly responses: Responses;
  readonly streams: ResumableStreams;
  readonly closing: AbortSignal;
  readonly requestId: string;
  readonly route: string | null;
  readonly rest: string;
  /** Of the answer, once there is one. */
  status = 500;
  readonly #controller = new AbortController();
  readonly #shared: Shared;
  readonly #identity: RequestIdentity;
  readonly #whenOver: () => void;
  readonly #releases: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout | undefined;
  #holders = 1;

  constructor(
    shared: Shared,
    identity: RequestIdentity,
    whenOver: () => void,
    counted: (status: number) => void = shared.metrics.begin(identity.method, identity.route ?? 'none'),
  ) {
    const { settings } = shared;
    this.settings = settings;
    this.models = shared.models;
    this.metrics = shared.metrics;
    this.responses = shared.responses;
    this.streams = shared.streams;
    this.closing = shared.closing;
    this.#shared = shared;
    this.#identity = identity;
    this.requestId = identity.requestId;
    this.route = identity.route;
    this.rest = identity.rest;
    this.#whenOver = () => {
      counted(this.status);
      whenOver();
    };
    const { maxRequestMs } = settings;
    if (maxRequestMs === 0) return;
    const tooLong = () => this.abort(new HttpError(504, 'request_timeout', `the request took longer than ${maxRequestMs} ms`));
    this.#timer = setTimeout(tooLong, maxRequestMs).unref();
  }

  /**
   * Raised when the caller is gone, and when the request is ended from here; its reason is then what to answer. Pass it
   * to whatever works for this request.
   */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends the request's work. */
  abort(reason: HttpError): void {
    if (!this.signal.aborted) this.#controller.abort(reason);
  }

  /**
   * The model of that name, or the default one. It is loaded where it has to be, and stays until the request is over.
   *
   * @throws {HttpError} 404 where there is none, 400 where it generates no text, 503 where it could not be loaded
   */
  async useLanguageModel(name: string | undefined): Promise<{ readonly name: string; readonly model: LanguageModel }> {
    return this.#use(await this.models.acquireLanguageModel(name, this.signal));
  }

  /** The same, of a model that has embeddings. */
  async useEmbeddingModel(name: string | undefined): Promise<{ readonly name: string; readonly model: ServedEmbeddingModel }> {
    return this.#use(await this.models.acquireEmbeddingModel(name, this.signal));
  }

  /** Keeps the request open beyond the return of its endpoint, until the function it gives is called. */
  keepOpen(): () => void {
    this.#holders += 1;
    let held = true;
    return () => {
      if (held) this.#letGo();
      held = false;
    };
  }

  /** The same request for work that outlives it: who has asked may go, and the server does not wait for it. */
  detach(): RequestContext {
    return new RequestContext(this.#shared, this.#identity, () => undefined, () => undefined);
  }

  /** @internal The endpoint has answered. */
  answered(status: number): void {
    this.status = status;
    this.#letGo();
  }

  /** How an error is answered: what ended the request goes before what came of that. Reports what is not the caller's fault. */
  failureOf(error: unknown): HttpError {
    const failure = toHttpError(this.signal.aborted ? this.signal.reason : error);
    if (failure.status >= 500) {
      this.settings.onError({ error: failure.cause ?? failure, requestId: this.requestId, route: this.route });
    }
    return failure;
  }

  #use<Model>(lease: ModelLease<Model>): ModelLease<Model> {
    if (this.#holders > 0) this.#releases.push(lease.release);
    else lease.release();
    return lease;
  }

  #letGo(): void {
    this.#holders -= 1;
    if (this.#holders > 0) return;
    clearTimeout(this.#timer);
    for (const release of this.#releases) release();
    this.#whenOver();
  }
}
