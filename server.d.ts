import { IncomingMessage, ServerResponse } from 'node:http';
import { Duplex, Readable } from 'node:stream';
import type { EmbeddingResult, LanguageModel } from 'tramontane';
export { TramontaneError } from 'tramontane';

/** A server on `node:http`; make one with {@link createServer}. It keeps the process alive while it listens. */
export declare class Server implements AsyncDisposable {
	#private;
	private constructor();
	/** Where it listens, without the `/v1`: `http://127.0.0.1:8080`; `undefined` before it does. */
	get url(): string | undefined;
	/**
	 * Begins to listen. Once.
	 *
	 * @returns The `url`.
	 * @throws {TramontaneError} `invalid-argument` with the `field`: of an option, or `port` where it cannot be had;
	 *   `closed`.
	 */
	listen(options?: ListenOptions): Promise<string>;
	/**
	 * Takes no more connections and requests, lets running answers go on until the deadline, cancels what is left then,
	 * and unloads the models that it has loaded itself. Any number of times; the first deadline holds.
	 *
	 * @throws {TramontaneError} `invalid-argument` with the `field` `deadlineMs`.
	 */
	close(options?: CloseOptions): Promise<void>;
	/** Closes the server at the end of an `await using` scope, without waiting for what runs. */
	[Symbol.asyncDispose](): Promise<void>;
}

/**
 * Answers OpenAI's HTTP API and Ollama's from models, wherever they run; make one with {@link createHandler}. It belongs to no server:
 * `fetch` answers a web `Request`, `nodeListener` a request of `node:http` and of what is built on it.
 */
export declare class ServerHandler {
	#private;
	private constructor();
	/**
	 * Answers one request. Never rejects: what goes wrong is answered, as they answer it. A caller who goes away, by the
	 * request's signal or by cancelling the answer's body, frees its sequences within one step.
	 *
	 * @example With Hono
	 * app.all('/v1/*', (c) => handler.fetch(c.req.raw));
	 */
	readonly fetch: (request: Request) => Promise<Response>;
	/**
	 * Answers a request of `node:http`, Express or Connect. A slow client holds back its own generation.
	 *
	 * @example With Express; without a body parser before it, or with `express.json()`
	 * app.use(handler.nodeListener);
	 */
	readonly nodeListener: (request: IncomingMessage, response: ServerResponse) => void;
	/**
	 * Takes over connections that ask for a WebSocket.
	 *
	 * @example
	 * server.on('upgrade', handler.nodeUpgrade);
	 */
	readonly nodeUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
	/**
	 * Takes no more requests, lets those that run go on until the deadline, cancels what is left then, and unloads the
	 * models that were loaded here. Any number of times; the first deadline holds.
	 *
	 * @throws {TramontaneError} `invalid-argument` with the `field` `deadlineMs`.
	 */
	close(options?: CloseOptions): Promise<void>;
}

/**
 * A server with OpenAI's HTTP API and Ollama's, without a socket of its own, to be put into any web framework.
 *
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault.
 * @example
 * const handler = createHandler({ models: { small: model } });
 * http.createServer(handler.nodeListener).listen(8080);
 */
export declare function createHandler(options: HandlerOptions): ServerHandler;

/**
 * A server with OpenAI's HTTP API and Ollama's, on `node:http`.
 *
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault.
 * @example
 * await using server = createServer({ models: { small: model } });
 * console.log(await server.listen({ port: 8080 })); // http://127.0.0.1:8080
 */
export declare function createServer(options: ServerOptions): Server;

/** How a server closes. */
export interface CloseOptions {
	/**
	 * How long running answers may go on, in milliseconds; then they are cancelled.
	 *
	 * @defaultValue 0
	 */
	readonly deadlineMs?: number | undefined;
}

/** What a {@link ServerHandler} serves, and to whom. */
export interface HandlerOptions {
	/**
	 * The models by the names that requests call them by. Several names may lead to the same model. A model by itself goes
	 * by its own name: the file's, where it has one. Embedding models are served beside those that generate text. What was
	 * loaded elsewhere is the caller's to close; what `load` gives is closed here.
	 */
	readonly models: ServedModel | Readonly<Record<string, ServedModel | LoadableModel>>;
	/**
	 * The model of requests that name none.
	 *
	 * @defaultValue the first of `models`
	 */
	readonly defaultModel?: string | undefined;
	/**
	 * The most models that `load` has given and that are not closed yet. One that is idle gives way to another, the one
	 * first that was not asked for the longest; where none is, requests wait.
	 *
	 * @defaultValue no limit
	 */
	readonly maxLoadedModels?: number | undefined;
	/**
	 * Keys, one of which a request has to bring as `authorization: Bearer …`. `/health` needs none.
	 *
	 * @defaultValue none is needed
	 */
	readonly apiKeys?: readonly string[] | undefined;
	/**
	 * Which web pages may use the server from a browser: all (`true`), or those of these origins
	 * (`https://chat.example.org`).
	 *
	 * @defaultValue none
	 */
	readonly cors?: boolean | readonly string[] | undefined;
	/**
	 * Names of this server, without the port: requests by other names are refused. A web page can have its own name lead
	 * to 127.0.0.1 and then counts as the same site (DNS rebinding), but cannot have the browser send another name.
	 *
	 * @defaultValue any; of a server that listens on loopback without `apiKeys` only `localhost`, names below it, and
	 *   loopback addresses
	 */
	readonly allowedHosts?: readonly string[] | undefined;
	/**
	 * The most bytes of a request's body.
	 *
	 * @defaultValue 33554432
	 */
	readonly maxBodyBytes?: number | undefined;
	/**
	 * After how many milliseconds of silence a streamed answer gets a comment, or a line that says nothing, so that proxies do not take it for dead;
	 * 0 never. Until then a stream that has no first part yet can still be answered by another status.
	 *
	 * @defaultValue 15000
	 */
	readonly keepAliveMs?: number | undefined;
	/**
	 * How long a request may take, in milliseconds from its headers to its last byte; 0 sets no limit.
	 *
	 * @defaultValue 0
	 */
	readonly maxRequestMs?: number | undefined;
	/**
	 * How many responses (`/v1/responses`) are kept to be asked for again and to be continued.
	 *
	 * @defaultValue as each of its fields says
	 */
	readonly responses?: ResponsesOptions | undefined;
	/**
	 * How much of the streams that survive a disconnect is kept, and for how long.
	 *
	 * @defaultValue as each of its fields says
	 */
	readonly replay?: StreamReplayOptions | undefined;
	/**
	 * Whether there is a page to chat with the models on, at `/` or at the path given here (`/chat`). Its files are below it,
	 * those of `/` below `/page`. It is shown without a key, and asks for one where the server does.
	 *
	 * @defaultValue `true` for `createServer`, `false` for `createHandler`
	 */
	readonly page?: boolean | string | undefined;
	/**
	 * Called with what went wrong here and not with the caller: its answers do not tell details.
	 *
	 * @defaultValue nothing
	 */
	readonly onError?: ((failure: ServerFailure) => void) | undefined;
}

/** Where a server listens. */
export interface ListenOptions {
	/**
	 * The port; 0 for one that is free.
	 *
	 * @defaultValue 0
	 */
	readonly port?: number | undefined;
	/** @defaultValue `'127.0.0.1'`: programs on this machine only */
	readonly host?: string | undefined;
}

/** A model that is loaded when the first request asks for it. */
export interface LoadableModel {
	/**
	 * Loads it. Called once for any number of requests that wait for it; where it fails, they fail, and the next request
	 * calls it again. The signal is raised when nobody waits any more, and when the server closes.
	 */
	readonly load: (options: {
		readonly abortSignal: AbortSignal;
	}) => Promise<ServedModel>;
	/**
	 * After how many milliseconds without a request it is unloaded; 0 keeps it. At most 2^31 - 1.
	 *
	 * @defaultValue 0
	 */
	readonly idleUnloadMs?: number | undefined;
}

/** How many responses a server keeps. They are in its memory only; the oldest is forgotten first. */
export interface ResponsesOptions {
	/**
	 * The most responses; 0 keeps none.
	 *
	 * @defaultValue 1000
	 */
	readonly maxStored?: number | undefined;
	/**
	 * The most bytes of them together, as JSON, each with its whole conversation.
	 *
	 * @defaultValue 67108864
	 */
	readonly maxStoredBytes?: number | undefined;
	/**
	 * How long one is kept, in milliseconds.
	 *
	 * @defaultValue 3600000
	 */
	readonly ttlMs?: number | undefined;
}

/**
 * What a server needs of a model that turns texts into vectors and generates none: an `EmbeddingModel` has it. A
 * {@link LanguageModel} that has `embed` too, as a remote one, serves both.
 */
export interface ServedEmbeddingModel {
	/** What is known of it; at least its name. */
	readonly info: {
		readonly model: string;
	};
	/** A vector for each text. */
	embed(texts: readonly string[], options?: {
		readonly abortSignal?: AbortSignal | undefined;
	}): Promise<EmbeddingResult>;
	/** Frees what the model holds. Any number of times. */
	close(): Promise<void>;
}

/** What went wrong and where, for the log. */
export interface ServerFailure {
	readonly error: unknown;
	/** The same as in the answer's header `x-request-id`. */
	readonly requestId: string;
	/** The route's path, `/v1/chat/completions`; `null` where there is none. */
	readonly route: string | null;
}

/** {@link HandlerOptions}, and what a server of its own has besides. */
export interface ServerOptions extends HandlerOptions {
	/**
	 * The most connections at once; further ones are closed as they come.
	 *
	 * @defaultValue no limit
	 */
	readonly maxConnections?: number | undefined;
	/**
	 * The most bytes of a request's headers.
	 *
	 * @defaultValue 16384
	 */
	readonly maxHeaderBytes?: number | undefined;
	/**
	 * How long a request's headers may take to arrive, in milliseconds.
	 *
	 * @defaultValue 30000
	 */
	readonly headerTimeoutMs?: number | undefined;
	/**
	 * How long a whole request may take to arrive, in milliseconds. How long its answer takes is another matter.
	 *
	 * @defaultValue 120000
	 */
	readonly receiveTimeoutMs?: number | undefined;
}

/** What a server keeps of resumable streams for clients that come back. */
export interface StreamReplayOptions {
	/**
	 * The most events of one stream.
	 *
	 * @defaultValue 10000
	 */
	readonly maxEvents?: number | undefined;
	/**
	 * The most bytes of one stream.
	 *
	 * @defaultValue 4194304
	 */
	readonly maxBytes?: number | undefined;
	/**
	 * The most bytes of all streams together.
	 *
	 * @defaultValue 67108864
	 */
	readonly maxTotalBytes?: number | undefined;
	/**
	 * How long a stream goes on that nobody reads, in milliseconds, before it is cancelled; and how long one that is over
	 * can still be read. At most 2^31 - 1.
	 *
	 * @defaultValue 60000
	 */
	readonly graceMs?: number | undefined;
}

/** A model of either kind. */
export type ServedModel = LanguageModel | ServedEmbeddingModel;

export {};
