import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { answerRequest, closingError } from './answer-request.ts';
import { answerUpgrade, refuseUpgrade } from './answer-upgrade.ts';
import type { HandlerSettings } from './check-handler-options.ts';
import { checkCloseOptions } from './check-server-options.ts';
import { corsHeaders } from './cors.ts';
import { findRoute } from './find-route.ts';
import type { FoundRoute } from './find-route.ts';
import { HttpError } from './http-error.ts';
import { jsonResponse } from './json-response.ts';
import { ModelRegistry } from './model-registry.ts';
import { listenOnNode } from './node-listener.ts';
import { pathOf } from './node-request.ts';
import { errorBody } from './ollama/error-body.ts';
import { ResumableStreams } from './replay/resumable-streams.ts';
import { RequestContext } from './request-context.ts';
import type { Shared } from './request-context.ts';
import { Responses } from './responses/responses.ts';
import { routesOf } from './routes.ts';
import type { Route } from './routes.ts';
import { ServerMetrics } from './server-metrics.ts';
import type { CloseOptions } from './server-options.ts';

/**
 * Answers OpenAI's HTTP API and Ollama's from models, wherever they run; make one with {@link createHandler}. It belongs to no server:
 * `fetch` answers a web `Request`, `nodeListener` a request of `node:http` and of what is built on it.
 */
export class ServerHandler {
  readonly #shared: Shared;
  readonly #routes: readonly Route[];
  readonly #closing = new AbortController();
  readonly #running = new Set<RequestContext>();
  #whenIdle: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  private constructor(settings: HandlerSettings) {
    this.#routes = routesOf(settings);
    const models = new ModelRegistry(settings);
    const responses = new Responses(settings.responses);
    const streams = new ResumableStreams(settings.replay);
    this.#shared = { settings, models, responses, streams, metrics: new ServerMetrics(), closing: this.#closing.signal };
  }

  /** @internal */
  static of(settings: HandlerSettings): ServerHandler {
    return new ServerHandler(settings);
  }

  /**
   * Answers one request. Never rejects: what goes wrong is answered, as they answer it. A caller who goes away, by the
   * request's signal or by cancelling the answer's body, frees its sequences within one step.
   *
   * @example With Hono
   * app.all('/v1/*', (c) => handler.fetch(c.req.raw));
   */
  readonly fetch = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const found = findRoute(this.#routes, pathname);
    const context = this.#open(request.method, found);
    const leave = () => context.abort(new HttpError(499, 'aborted', 'the caller is gone'));
    if (request.signal.aborted) leave();
    else request.signal.addEventListener('abort', leave, { once: true });
    const response = await answerRequest(context, found, request, this.#routes).catch((error: unknown) => {
      const failure = context.failureOf(error);
      return jsonResponse(errorBody(pathname, failure), failure.status, failure.headers);
    });
    const headers = { 'x-request-id': context.requestId, ...corsHeaders(this.#shared.settings, request.headers.get('origin')) };
    for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
    context.answered(response.status);
    return response;
  };

  /**
   * Answers a request of `node:http`, Express or Connect. A slow client holds back its own generation.
   *
   * @example With Express; without a body parser before it, or with `express.json()`
   * app.use(handler.nodeListener);
   */
  readonly nodeListener = (request: IncomingMessage, response: ServerResponse): void => {
    void listenOnNode(this.fetch, request, response);
  };

  /**
   * Takes over connections that ask for a WebSocket.
   *
   * @example
   * server.on('upgrade', handler.nodeUpgrade);
   */
  readonly nodeUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const found = findRoute(this.#routes, pathOf(request));
    const context = this.#open('UPGRADE', found);
    const leave = () => context.abort(new HttpError(499, 'aborted', 'the caller is gone'));
    socket.once('close', leave);
    // Who is gone is noticed by `close`; an `error` that nobody listens to would end the process.
    socket.on('error', leave);
    answerUpgrade(context, found, request, socket, head).then(
      () => context.answered(101),
      (error: unknown) => {
        const failure = context.failureOf(error);
        refuseUpgrade(socket, failure);
        context.answered(failure.status);
      },
    );
  };

  /**
   * Takes no more requests, lets those that run go on until the deadline, cancels what is left then, and unloads the
   * models that were loaded here. Any number of times; the first deadline holds.
   *
   * @throws {TramontaneError} `invalid-argument` with the `field` `deadlineMs`.
   */
  async close(options?: CloseOptions): Promise<void> {
    this.#closed ??= this.#close(checkCloseOptions(options).deadlineMs);
    return this.#closed;
  }

  async #close(deadlineMs: number): Promise<void> {
    this.#closing.abort();
    this.#shared.streams.close();
    const cancel = () => {
      for (const context of this.#running) context.abort(closingError());
    };
    const timer = deadlineMs > 0 ? setTimeout(cancel, deadlineMs) : undefined;
    if (!timer) cancel();
    await this.#idle();
    clearTimeout(timer);
    await this.#shared.models.close();
  }

  #open(method: string, found: FoundRoute | undefined): RequestContext {
    const identity = { requestId: randomUUID(), method, route: found?.route.path ?? null, rest: found?.rest ?? '' };
    const context = new RequestContext(this.#shared, identity, () => {
      this.#running.delete(context);
      if (this.#running.size === 0) this.#whenIdle?.();
    });
    this.#running.add(context);
    return context;
  }

  async #idle(): Promise<void> {
    if (this.#running.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
  }
}
