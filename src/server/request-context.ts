import type { LanguageModel } from '../stream/language-model.ts';
import type { HandlerSettings } from './check-handler-options.ts';
import { HttpError } from './http-error.ts';
import type { ModelRegistry } from './model-registry.ts';
import type { ServerMetrics } from './server-metrics.ts';
import { toHttpError } from './to-http-error.ts';

/** What all requests of a handler share. */
export interface Shared {
  readonly settings: HandlerSettings;
  readonly models: ModelRegistry;
  readonly metrics: ServerMetrics;
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
  readonly closing: AbortSignal;
  readonly requestId: string;
  readonly route: string | null;
  readonly rest: string;
  /** Of the answer, once there is one. */
  status = 500;
  readonly #controller = new AbortController();
  readonly #whenOver: () => void;
  readonly #releases: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout | undefined;
  #holders = 1;

  constructor({ settings, models, metrics, closing }: Shared, identity: RequestIdentity, whenOver: () => void) {
    this.settings = settings;
    this.models = models;
    this.metrics = metrics;
    this.closing = closing;
    this.requestId = identity.requestId;
    this.route = identity.route;
    this.rest = identity.rest;
    const counted = metrics.begin(identity.method, identity.route ?? 'none');
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
   * @throws {HttpError} 404 where there is none, 503 where it could not be loaded
   */
  async useModel(name: string | undefined): Promise<{ readonly name: string; readonly model: LanguageModel }> {
    const lease = await this.models.acquire(name, this.signal);
    if (this.#holders > 0) this.#releases.push(lease.release);
    else lease.release();
    return lease;
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

  #letGo(): void {
    this.#holders -= 1;
    if (this.#holders > 0) return;
    clearTimeout(this.#timer);
    for (const release of this.#releases) release();
    this.#whenOver();
  }
}
