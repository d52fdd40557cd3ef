import type { ChatMessage, CompletionRequest, GenerateOptions, GenerationStream, LanguageModel, ModelInfo, ModelMetrics, RemoteInfo } from 'tramontane';
export { TramontaneError } from 'tramontane';

/**
 * A model at the other side of a port; make one with {@link connectPort}. Its streams have the same parts, views, results,
 * errors and ways of stopping as those of the model there. Timeouts, the buffer's budget and `abortSignal` are watched on
 * this side.
 *
 * Cancelling, leaving a stream and letting go of it reach the model at once, as pausing does. A stream that nobody here
 * takes in is paused there once 256 parts or 256 KiB of text are on their way and as many wait behind them. A stream that
 * was begun when the other side goes away fails with code `connection-lost` and keeps its text; one that is first read
 * afterwards fails with `connection-failed`.
 */
export declare class PortModel implements LanguageModel {
	#private;
	/** What the model says of itself. */
	readonly info: PortInfo;
	private constructor();
	/** Answers one prompt: it becomes the only user message of a conversation. As {@link Model.streamPrompt}. */
	streamPrompt(prompt: string, options?: GenerateOptions): GenerationStream;
	/**
	 * Continues a conversation with the model's next answer. As {@link Model.streamChat}.
	 *
	 * @throws {TramontaneError} From reading: what the model throws, and `connection-lost`, `connection-failed`, and
	 *   `queue-full` where as many streams of this port run as the other side allows.
	 */
	streamChat(messages: readonly ChatMessage[], options?: GenerateOptions): GenerationStream;
	/** Runs a whole request given as one value. As {@link Model.streamCompletion}. */
	streamCompletion(request: CompletionRequest): GenerationStream;
	/** Several answers to one request, each a stream of its own. As {@link Model.streamChoices}. */
	streamChoices(request: CompletionRequest, count: number): GenerationStream[];
	/**
	 * Counts of the model as the other side last told: with a stream's last part, while parts come every 100 ms, and as an
	 * answer to this call, which the next one has.
	 */
	metrics(): ModelMetrics;
	/**
	 * Ends the streams of this side, which get their `finish` part with finishReason `aborted` and a usage of zero before
	 * this resolves, and closes the port. The model at the other side stays. Streams read for the first time from now on
	 * throw code `closed`. Any number of times.
	 */
	close(): Promise<void>;
	/** Closes the port at the end of an `await using` scope. The same as {@link close}. */
	[Symbol.asyncDispose](): Promise<void>;
}

/** A model that is served over one port; make one with {@link serveModel}. */
export declare class PortService {
	#private;
	/** Settles when the service is over: closed here, or because the other side has gone. Never rejects. */
	readonly closed: Promise<void>;
	private constructor();
	/** How many streams run for this port now. */
	get liveStreams(): number;
	/** Ends the service: its streams are cancelled, and fail on the other side with code `connection-lost`. */
	close(): void;
	/** The same as {@link close}, at the end of a `using` scope. */
	[Symbol.dispose](): void;
}

/**
 * Gives the model that {@link serveModel} serves at the other end of `port`, as soon as it does: until then this waits, and
 * so for the model to be loaded. Runs in Node, in workers and on web pages.
 *
 * @param port - Taken over: {@link PortModel.close} closes it, where it is no worker and no process. An idle connection
 *   does not keep Node running, a stream that goes on does.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault, `aborted`, `connection-failed` where the other
 *   side goes away before it has answered, `remote-failed` where it speaks another version of this; and what its load has
 *   failed with.
 * @example
 * const model = await connectPort(port);
 * for await (const delta of model.streamPrompt('Why is the sky blue?').textStream) show(delta);
 */
export declare function connectPort(port: PortLike, options?: ConnectPortOptions): Promise<PortModel>;

/**
 * Serves a model to whoever calls {@link connectPort} at the other end of `port`: a window of Electron, another thread,
 * another process. Call it once for each port; a model may have any number, and none of them has to do with another.
 *
 * The other side is not trusted: what it asks for is checked here as any request is, its streams are bounded, and what
 * makes no sense is left aside. Where it goes away, because a window was closed or a worker ended, its streams are
 * cancelled at once. Messages that are not ours are left to other listeners of the port.
 *
 * @param port - Taken over: {@link PortService.close} closes it, where it is no worker and no process.
 * @param model - Any model, or the promise of one: the other side then waits until it is loaded, and gets the error of a
 *   load that fails. It is not closed here.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault.
 * @example In a worker thread
 * import { parentPort } from 'node:worker_threads';
 * serveModel(parentPort, loadModel('./model.gguf'));
 */
export declare function serveModel(port: PortLike, model: LanguageModel | PromiseLike<LanguageModel>, options?: ServeModelOptions): PortService;

/** How to connect. */
export interface ConnectPortOptions {
	/** Gives up waiting for the other side: rejects with code `aborted`, and closes the port. No effect later. */
	readonly abortSignal?: AbortSignal | undefined;
}

/**
 * A port as Node and Electron have it: `MessagePort`, `parentPort` and `Worker` of `node:worker_threads`; `MessagePortMain`,
 * `process.parentPort` and `UtilityProcess` of Electron.
 */
export interface NodePort {
	postMessage(message: unknown): void;
	on(event: "message", listener: (message: unknown) => void): unknown;
	off(event: "message", listener: (message: unknown) => void): unknown;
}

/** A process: `ChildProcess` of `node:child_process`, made by `fork`, and `process` inside of it. */
export interface ProcessPort {
	send?(message: object, callback?: (error: Error | null) => void): unknown;
	on(event: "message", listener: (message: unknown) => void): unknown;
	off(event: "message", listener: (message: unknown) => void): unknown;
}

/** How a model is served over a port. */
export interface ServeModelOptions {
	/**
	 * The most streams that may run at once for this port, an integer of at least 1. Reading one more throws code
	 * `queue-full` on the other side. Each may have 256 parts and 256 KiB of text on its way, and as much again unread.
	 *
	 * @defaultValue 64
	 */
	readonly maxStreams?: number | undefined;
}

/** A port as the web has it: `MessagePort`, `Worker`, and the global scope of a worker. */
export interface WebPort {
	postMessage(message: unknown): void;
	addEventListener(type: string, listener: (event: unknown) => void): void;
	removeEventListener(type: string, listener: (event: unknown) => void): void;
}

/** What is known of a model at the other side of a port: what it tells of itself there. */
export type PortInfo = {
	readonly model: string;
} & Partial<Omit<ModelInfo, "model">> & Partial<Omit<RemoteInfo, "model">>;

/** What messages can be sent over, and come from. */
export type PortLike = WebPort | NodePort | ProcessPort;

export {};
