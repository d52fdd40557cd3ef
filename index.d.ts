/**
 * One generation, read part by part as it is computed.
 *
 * **Start.** Nothing is computed until the first read: the first `next()` of a loop, or `result()`. A stream that is
 * never read costs nothing.
 *
 * **Reading.** Iterate the stream for its parts, or `textStream` for its text alone: one of them, once. `result()` can
 * be asked for beside either, before, during or after. Parts wait here until they are read: a slow reader delays
 * neither the engine nor another stream.
 *
 * **Leaving.** `break`, `return`, an error thrown in the loop, `cancel()`, `abortSignal`, the end of an `await using`
 * scope, or simply letting go of the stream: each frees the sequence and its KV cache within one decode step, and one
 * that was still queued never begins. None of them waits for the engine.
 *
 * **Failing.** Whatever goes wrong, a bad request included, is thrown by the read that meets it, after all parts before
 * it; making a stream never throws. The error is a {@link TramontaneError}, and its `partial` holds the text so far.
 *
 * @example Show text as it comes, and keep the whole
 * const stream = model.streamPrompt('Why is the sky blue?');
 * for await (const part of stream) {
 *   if (part.type === 'text-delta') process.stdout.write(part.delta);
 * }
 * const { text, usage } = await stream.result();
 */
export declare class GenerationStream implements AsyncIterable<StreamPart>, AsyncDisposable {
	#private;
	private constructor();
	/**
	 * Reads the parts: `text-delta` as the text comes, then one `finish`. Called by `for await`.
	 *
	 * Calls of `next()` may overlap and are answered in order. `return()` and `throw()` cancel and settle at once, and end
	 * a `next()` that is still pending. An error is thrown by one `next()`; after it the iterator is done.
	 *
	 * @throws {TramontaneError} `invalid-argument` at once, where this stream or its `textStream` is already being read.
	 */
	[Symbol.asyncIterator](): AsyncIterableIterator<StreamPart, undefined>;
	/**
	 * The text alone: each delta as a string, ending where the generation ends. Reading it is reading the stream, with the
	 * same rules for starting, leaving and failing; why it ended and what it used is in `result()`.
	 *
	 * @example
	 * for await (const delta of model.streamPrompt('Write a haiku.').textStream) process.stdout.write(delta);
	 */
	get textStream(): AsyncIterable<string>;
	/**
	 * The whole generation, once it has ended. Starts it where nothing was read yet, takes no part away from a reader,
	 * and gives the same promise each time.
	 *
	 * A cancelled generation is a result too: finishReason `aborted`, with all the text there was. Where the generation
	 * had already ended by itself when it was left, the result says so.
	 *
	 * @throws {TramontaneError} The error that iterating throws. If a reader gets it, this promise may go unawaited
	 *   without an unhandled rejection.
	 */
	result(): Promise<GenerationResult>;
	/**
	 * Ends the generation as it stands. Not an error: a reader still gets the parts made so far, then `finish` with
	 * finishReason `aborted`. A stream that was not started never will be. Any time, any number of times; once the stream
	 * has ended, it has no effect.
	 */
	cancel(): void;
	/** Cancels and drops what is unread: `await using stream = ...` frees it at the end of the scope. Resolves at once. */
	[Symbol.asyncDispose](): Promise<void>;
}
/**
 * A loaded model. Make one with {@link loadModel}, share it among all requests of the program, and close it when it is
 * no longer needed.
 *
 * Any number of streams may run at once; each gives the same tokens as it would alone. An idle model does not keep the
 * process alive, a stream that somebody awaits does.
 */
export declare class Model implements AsyncDisposable {
	#private;
	/** What was loaded, and onto which device. */
	readonly info: ModelInfo;
	private constructor();
	/**
	 * Answers one prompt: it becomes the only user message of a conversation, rendered by the model's chat template.
	 *
	 * Starting, leaving and failing work as for every stream: see {@link streamChat}.
	 *
	 * @param prompt - What the user says; not empty.
	 * @param options - How to generate.
	 * @returns A stream to be read once.
	 * @example
	 * for await (const delta of model.streamPrompt('Name three winds.').textStream) process.stdout.write(delta);
	 */
	streamPrompt(prompt: string, options?: GenerateOptions): GenerationStream;
	/**
	 * Continues a conversation with the model's next answer, part by part as it is computed.
	 *
	 * The call only notes down the request, as it is now, and never throws. The generation starts with the first read:
	 * the first `next()` of a loop over the stream or its `textStream`, or `result()`. Leaving the loop early, by `break`,
	 * `return` or an error, frees the sequence and its KV cache within one decode step; so do `cancel()`,
	 * `options.abortSignal`, `await using` and letting go of the stream. Parts wait in the stream until they are read: a
	 * slow reader delays neither the engine nor another stream.
	 *
	 * @param messages - The conversation so far, oldest first; at least one message, usually ending with the user's.
	 * @param options - How to generate. `maxOutputTokens` counts tokens and defaults to what is left of the context.
	 * @returns A stream to be read once: any number of `text-delta` parts, then one `finish` part that says why it ended,
	 *   and with how many tokens in how many milliseconds.
	 * @throws {TramontaneError} From reading, never from this call, and after all parts before it; `error.partial` holds
	 *   the text so far. `invalid-argument` with the `field` at fault (`messages[2].role`), `no-chat-template`,
	 *   `context-overflow`, `aborted` where the signal was raised before the first read, `closed`, `engine-failed`.
	 * @example Stop at the first line
	 * const messages: ChatMessage[] = [
	 *   { role: 'system', content: 'Answer in one line.' },
	 *   { role: 'user', content: 'What is a tramontane?' },
	 * ];
	 * for await (const delta of model.streamChat(messages, { maxOutputTokens: 100 }).textStream) {
	 *   process.stdout.write(delta);
	 *   if (delta.includes('\n')) break; // the engine stops too
	 * }
	 */
	streamChat(messages: readonly ChatMessage[], options?: GenerateOptions): GenerationStream;
	/**
	 * Runs a whole request given as one value, which can be built and changed before it is passed: a conversation
	 * (`messages`), text to be continued as it stands, without the chat template (`prompt`), or token ids (`tokens`).
	 *
	 * Starting, leaving and failing work as for every stream: see {@link streamChat}.
	 *
	 * @param request - Exactly one of `prompt`, `messages` and `tokens`, and how to generate.
	 * @returns A stream to be read once.
	 * @example
	 * const stream = model.streamCompletion({ prompt: 'def fib(n):\n', temperature: 0, stopSequences: ['\n\n'] });
	 * const { text } = await stream.result();
	 */
	streamCompletion(request: CompletionRequest): GenerationStream;
	/**
	 * Counts of this moment, cheap enough to be read on every request. Also after `close()`.
	 *
	 * @throws {TramontaneError} `engine-failed`, should the engine not answer.
	 */
	metrics(): ModelMetrics;
	/**
	 * Ends all running streams and frees the weights. Running streams get their `finish` part, finishReason `aborted`,
	 * before this resolves; streams read for the first time from now on throw code `closed`.
	 *
	 * Should be called, or `await using` be used, even though a model that is let go of is freed at some later garbage
	 * collection: its memory lies outside the JavaScript heap, where it puts no pressure on the collector. May be called
	 * any number of times.
	 *
	 * @throws {TramontaneError} `engine-failed`, should the engine fail while closing.
	 */
	close(): Promise<void>;
	/** Closes the model at the end of an `await using` scope. The same as {@link close}. */
	[Symbol.asyncDispose](): Promise<void>;
}
/**
 * The one error class of this package. Branch on `code`; show `message`, which names what is at fault and the next step.
 *
 * @example
 * try {
 *   for await (const delta of model.streamPrompt(question).textStream) process.stdout.write(delta);
 * } catch (error) {
 *   if (TramontaneError.isInstance(error) && error.code === 'context-overflow') askForAShorterQuestion();
 *   else throw error;
 * }
 */
export declare class TramontaneError extends Error {
	/** The stable word to branch on. */
	readonly code: ErrorCode;
	/** The option or request field at fault, as a path: `maxOutputTokens`, `messages[2].role`. */
	readonly field?: string;
	/** The file at fault, as an absolute path or a name within the model's repository. */
	readonly file?: string;
	/** What was generated before the failure. Present when a stream fails after it started. */
	readonly partial?: PartialGeneration;
	constructor(code: ErrorCode, message: string, details?: TramontaneErrorDetails);
	/**
	 * Whether `value` is a `TramontaneError`. Unlike `instanceof` it also holds for an error of another copy of this
	 * package, as two dependencies of one program may bring.
	 */
	static isInstance(value: unknown): value is TramontaneError;
}
/**
 * Loads a model into this process, on threads of its own: the event loop stays free meanwhile.
 *
 * @param model - A repository of the Hugging Face hub (`'org/repo'`), which is downloaded once and then found on disk;
 *   the path of a `.gguf` file; or the path of a folder with a model in it.
 * @param options - How to find and load it. `isq` quantises the weights on the way in, `onProgress` shows how far it is,
 *   `abortSignal` cancels.
 * @returns The loaded model. Close it with `await model.close()`, or hold it by `await using`.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault, `model-not-found`, `invalid-model` and
 *   `unsupported-model` with the `file` at fault, `unsupported-device`, `download-failed`, `aborted`, `engine-failed`,
 *   `native-unavailable`. What was loaded up to then is freed.
 * @example
 * await using model = await loadModel('org/repo', {
 *   isq: 4,
 *   onProgress: ({ phase, done, total }) => console.log(phase, done, total),
 * });
 * const { text } = await model.streamPrompt('Hello!').result();
 */
export declare function loadModel(model: string, options?: LoadModelOptions): Promise<Model>;
/** One turn of a conversation. Properties other than these are not looked at. */
export interface ChatMessage {
	/** Who speaks: `system` gives instructions, `user` asks, `assistant` is the model. */
	readonly role: ChatRole;
	/** What is said. A lone surrogate (half of a character cut in two) is read as U+FFFD. */
	readonly content: string;
}
/** The last part of every stream that did not fail. */
export interface FinishPart {
	readonly type: "finish";
	/** Why the generation ended. */
	readonly finishReason: FinishReason;
	/** Tokens read and written. */
	readonly usage: Usage;
	/** Where the time went. */
	readonly timings: Timings;
}
/**
 * How to generate. All fields are optional, and `undefined` counts as left out. They are read when the stream is made,
 * so changing the object afterwards changes nothing.
 */
export interface GenerateOptions {
	/**
	 * The most tokens to generate, a positive integer; reaching it ends the stream with finishReason `length`.
	 *
	 * @defaultValue what is left of the context after the prompt
	 */
	readonly maxOutputTokens?: number | undefined;
	/**
	 * How freely to choose among likely tokens, from 0 to 100. 0 always takes the likeliest (greedy), higher values are
	 * more varied.
	 *
	 * @defaultValue 0.7
	 */
	readonly temperature?: number | undefined;
	/**
	 * Choose among this many of the likeliest tokens only; 0 sets no such limit.
	 *
	 * @defaultValue 0
	 */
	readonly topK?: number | undefined;
	/**
	 * Choose among the likeliest tokens that together have this probability, from 0 to 1; 1 sets no such limit.
	 *
	 * @defaultValue 1
	 */
	readonly topP?: number | undefined;
	/**
	 * Makes the choice repeatable: the same request with the same seed gives the same tokens from the same model on the
	 * same machine, whatever else is running. An integer from 0 to 2^53 - 1.
	 *
	 * @defaultValue another one each time
	 */
	readonly seed?: number | undefined;
	/**
	 * Ends the answer (finishReason `stop`) where one of these texts would begin. It is never delivered, nor any part of
	 * it. At most 64 texts of at most 4096 bytes, none of them empty.
	 *
	 * @defaultValue none
	 */
	readonly stopSequences?: readonly string[] | undefined;
	/**
	 * Cancels the generation. Raised before the stream is first read, reading throws code `aborted` with the signal's
	 * reason as `cause`; raised later, it is no error: the stream ends with finishReason `aborted` and keeps its text.
	 */
	readonly abortSignal?: AbortSignal | undefined;
}
/** A generation once it has ended. */
export interface GenerationResult {
	/** The whole text: every delta joined, those nobody read included. */
	readonly text: string;
	/** Why the generation ended. */
	readonly finishReason: FinishReason;
	/** Tokens read and written. */
	readonly usage: Usage;
	/** Where the time went. */
	readonly timings: Timings;
}
/** How to find and load a model. All fields are optional, and `undefined` counts as left out. */
export interface LoadModelOptions {
	/**
	 * Which file to load where the repository or folder holds several models, such as the GGUF of one quantisation.
	 *
	 * @defaultValue the only model there is
	 */
	readonly file?: string | undefined;
	/**
	 * Branch, tag or commit of the hub repository.
	 *
	 * @defaultValue `'main'`
	 */
	readonly revision?: string | undefined;
	/**
	 * Access token for the hub, for private and gated repositories.
	 *
	 * @defaultValue the environment's `HF_TOKEN`, or the one the hub's own tools have stored
	 */
	readonly token?: string | undefined;
	/**
	 * Folder for downloaded files.
	 *
	 * @defaultValue the hub's shared cache (`HF_HUB_CACHE`, `HF_HOME`), so that files other tools have downloaded are used
	 */
	readonly cacheDir?: string | undefined;
	/**
	 * Use only what is on disk; a missing file gives code `model-not-found` instead of a download.
	 *
	 * @defaultValue what the environment's `HF_HUB_OFFLINE` says, otherwise false
	 */
	readonly offline?: boolean | undefined;
	/**
	 * Base URL of the hub, for a mirror.
	 *
	 * @defaultValue the environment's `HF_ENDPOINT`, or the public hub
	 */
	readonly endpoint?: string | undefined;
	/**
	 * Where to compute. `'auto'` takes the best device this build supports; `'cuda'` is the first CUDA device, `'cuda:1'`
	 * the second.
	 *
	 * @defaultValue `'auto'`
	 */
	readonly device?: LoadDevice | undefined;
	/**
	 * Quantises the weights while loading: a type by name (`'Q4K'`, `'Q8_0'`), or a number of bits for the best type of
	 * that width on the device.
	 *
	 * @defaultValue the weights stay as the file has them
	 */
	readonly isq?: string | 2 | 3 | 4 | 5 | 6 | 8 | undefined;
	/**
	 * Number type of the computation where weights are not quantised.
	 *
	 * @defaultValue `'auto'`: `'f32'` on the CPU, and on other devices what suits them
	 */
	readonly dtype?: "auto" | "f32" | "f16" | "bf16" | undefined;
	/**
	 * The most tokens a prompt and its answer may have together; a positive integer. Less takes less memory.
	 *
	 * @defaultValue what the model was trained for
	 */
	readonly contextLength?: number | undefined;
	/**
	 * Threads that compute on the CPU, from 1 to 1024. All models of a process share them: the first one decides, and
	 * another number is refused after it.
	 *
	 * @defaultValue chosen from the machine's cores
	 */
	readonly threads?: number | undefined;
	/**
	 * Chat template to use in place of the model's own: Jinja source, or the path of a file that holds it.
	 *
	 * @defaultValue the model's own
	 */
	readonly chatTemplate?: string | undefined;
	/**
	 * Path of a `tokenizer.json` to use in place of the model's own.
	 *
	 * @defaultValue the model's own
	 */
	readonly tokenizer?: string | undefined;
	/**
	 * Called with each step of the load, in the async context (`AsyncLocalStorage`) of the `loadModel` call, and not again
	 * once the load has succeeded, failed or been aborted. If it throws, the load is cancelled and rejects with what was
	 * thrown.
	 */
	readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
	/**
	 * Cancels the load: it rejects at once with code `aborted` and the signal's reason as `cause`; what was loaded so far
	 * is freed. Aborting after the load has no effect.
	 */
	readonly abortSignal?: AbortSignal | undefined;
}
/** How far a load has come. */
export interface LoadProgress {
	/**
	 * What is being done: `resolve` finds the model's files, `download` fetches missing ones from the hub, `load` reads
	 * (and quantises) the weights, `ready` is reported once at the end.
	 */
	readonly phase: "resolve" | "download" | "load" | "ready";
	/** How much of this phase is done, in `unit`s. */
	readonly done: number;
	/** How much there is in this phase, in `unit`s; `null` while unknown. */
	readonly total: number | null;
	/** What `done` and `total` count. */
	readonly unit: "bytes" | "tensors";
	/** The file at hand, where there is one. */
	readonly file?: string;
}
/** A conversation, rendered by the model's chat template. */
export interface MessagesPrompt {
	/** At least one message. */
	readonly messages: readonly ChatMessage[];
	readonly prompt?: undefined;
	readonly tokens?: undefined;
}
/** What a loaded model is. */
export interface ModelInfo {
	/** The name or path it was loaded by. */
	readonly model: string;
	/** The kind of its files; `scripted` for a stand-in without weights. */
	readonly format: "gguf" | "safetensors" | "uqff" | "scripted";
	/** Its architecture, as the file names it: `llama`, `qwen3`. */
	readonly architecture: string;
	/** How many weights it has. */
	readonly parameterCount: number;
	/** The type most of its weights are computed with: `Q4_1`, `Q4K`, `F32`. */
	readonly quantization: string;
	/** The most tokens a prompt and its answer may have together. */
	readonly contextLength: number;
	/** The context length the model was trained for. */
	readonly trainedContextLength: number;
	/** How many tokens its vocabulary has; token ids are below it. */
	readonly vocabularySize: number;
	/** Its chat template, as Jinja source; `null` when it has none and can only continue text. */
	readonly chatTemplate: string | null;
	/** Where it computes: `cpu`, `cuda:0`, `metal`. */
	readonly device: string;
	/** Number type its activations are computed in. */
	readonly dtype: string;
	/** Threads that compute, on the CPU. */
	readonly threads: number;
	/** Memory that loading it added to the process. */
	readonly memoryBytes: number;
}
/** What a model is doing now, and has done since it was loaded. */
export interface ModelMetrics {
	/** Generations being computed now. */
	readonly liveSequences: number;
	/** Generations waiting to begin. */
	readonly queuedSequences: number;
	/** Generations ever started. */
	readonly totalSequences: number;
	/** Tokens ever generated. */
	readonly generatedTokens: number;
	/** How often the engine woke JavaScript; far below `generatedTokens` under load. */
	readonly bellsRung: number;
	/** Parts made but not yet handed to JavaScript. */
	readonly unreadParts: number;
}
/** What a generation had produced when it failed. */
export interface PartialGeneration {
	/** Every delta delivered before the failure, joined. */
	readonly text: string;
	/** Tokens read and written until the failure. */
	readonly usage: Usage;
	/** Where the time went until the failure. */
	readonly timings: Timings;
}
/** A piece of the answer. */
export interface TextDeltaPart {
	readonly type: "text-delta";
	/**
	 * Text that follows the previous delta directly. Whole characters (code points) only, from one or several tokens; an
	 * emoji made of several code points may arrive in several deltas.
	 */
	readonly delta: string;
}
/** Text the model continues as it stands: no chat template is applied. */
export interface TextPrompt {
	/** Must not be empty. A lone surrogate is read as U+FFFD. */
	readonly prompt: string;
	readonly messages?: undefined;
	readonly tokens?: undefined;
}
/** Where a generation's time went, in milliseconds. */
export interface Timings {
	/** Waiting for the engine to begin. */
	readonly queuedMs: number;
	/** Reading the prompt. */
	readonly prefillMs: number;
	/** From the start of the stream to its first token; `null` when there was none. */
	readonly firstTokenMs: number | null;
	/** Generating tokens, after the prompt was read. */
	readonly decodeMs: number;
	/** From the start of the stream to its end. */
	readonly totalMs: number;
	/** Tokens per second while decoding; `null` when too few were generated to tell. */
	readonly tokensPerSecond: number | null;
}
/** Token ids of the model's own vocabulary, fed as they are: nothing is added before or after. */
export interface TokensPrompt {
	/** At least one id; each an integer below `model.info.vocabularySize`. */
	readonly tokens: readonly number[];
	readonly prompt?: undefined;
	readonly messages?: undefined;
}
/** What a {@link TramontaneError} carries besides its code and message. */
export interface TramontaneErrorDetails {
	/** The option or request field at fault. */
	readonly field?: string | undefined;
	/** The file at fault. */
	readonly file?: string | undefined;
	/** What was generated before the failure. */
	readonly partial?: PartialGeneration | undefined;
	/** The error or abort reason behind this one. */
	readonly cause?: unknown;
}
/** Tokens counted by the engine, exact for every outcome, an aborted one included. */
export interface Usage {
	/** Tokens of the prompt, after the chat template. */
	readonly inputTokens: number;
	/** Tokens generated. */
	readonly outputTokens: number;
	/** `inputTokens` and `outputTokens` together. */
	readonly totalTokens: number;
}
/** Who speaks in a {@link ChatMessage}. */
export type ChatRole = "system" | "user" | "assistant";
/** A whole request as one value: exactly one of `prompt`, `messages` and `tokens`, and how to generate. */
export type CompletionRequest = GenerateOptions & (TextPrompt | MessagesPrompt | TokensPrompt);
/**
 * What went wrong, as a stable word to branch on. Messages may change between versions, codes do not.
 *
 * - `invalid-argument`: a value you passed cannot be used; `error.field` names it.
 * - `model-not-found`: no such file, folder or hub repository, or no model in it.
 * - `invalid-model`: the model's files are damaged or contradict each other; `error.file` names the one at fault.
 * - `unsupported-model`: the files are sound, but the engine does not know the architecture or quantisation.
 * - `unsupported-device`: the device does not exist here, or this build cannot use it.
 * - `download-failed`: the hub could not be reached, refused, or sent something else than was asked for.
 * - `no-chat-template`: messages were passed to a model that has no chat template.
 * - `context-overflow`: the prompt does not fit the context.
 * - `aborted`: the `abortSignal` was raised before there was anything to keep; `error.cause` is its reason.
 * - `closed`: the model was closed.
 * - `engine-failed`: the engine failed while loading or generating.
 * - `native-unavailable`: there is no native library for this machine, or it could not be loaded.
 */
export type ErrorCode = "invalid-argument" | "model-not-found" | "invalid-model" | "unsupported-model" | "unsupported-device" | "download-failed" | "no-chat-template" | "context-overflow" | "aborted" | "closed" | "engine-failed" | "native-unavailable";
/**
 * Why a generation ended.
 *
 * - `stop`: the model ended its answer, or wrote one of the `stopSequences`.
 * - `length`: `maxOutputTokens` or the context's end was reached.
 * - `tool-calls`: the model asks for tools to be run.
 * - `aborted`: it was cancelled: by `cancel()`, `abortSignal`, leaving the loop, or closing the model.
 * - `error`: the model's answer could not be completed, though the engine goes on.
 */
export type FinishReason = "stop" | "length" | "tool-calls" | "aborted" | "error";
/** Where to compute. */
export type LoadDevice = "auto" | "cpu" | "cuda" | `cuda:${number}` | "metal";
/**
 * What a stream yields, told apart by `type`. A stream that does not fail yields any number of `text-delta` parts and
 * then one `finish` part.
 *
 * Later versions may add types: a `switch` over `type` should let unknown ones pass.
 */
export type StreamPart = TextDeltaPart | FinishPart;

export {};
