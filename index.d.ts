import { Readable } from 'node:stream';

/** A model with tools; make one with {@link createAgent}. It keeps nothing of its runs, of which any number may go on. */
export declare class Agent {
	#private;
	private constructor();
	/** Answers one prompt: the user's message, and the only one. Otherwise as {@link streamChat}. */
	streamPrompt(prompt: string, options?: AgentRunOptions): AgentStream;
	/**
	 * Goes on with a conversation until the model has answered, as one stream of all rounds: the parts of the model's
	 * answer, `tool-progress` and `tool-result` of the tools that it asks for, `round-finish`, then the next round's, and
	 * last a `finish` with the usage of all.
	 *
	 * The call never throws and begins nothing; the first read does. The stream is read, paused and left as that of a model:
	 * leaving it ends the model's answer and raises the `abortSignal` of the tools that run, at once and without waiting for
	 * either. Tools begin while the stream is read. Paused, no tool and no round begins; tools that run are not stopped.
	 *
	 * A tool that throws, takes too long or does not exist, arguments that its schema refuses and a call that was denied are
	 * answers that the model gets, and end nothing. Arguments that were cut off, by `maxOutputTokens` for instance, are never
	 * run.
	 *
	 * @param messages - The conversation so far, oldest first.
	 * @param options - How to run.
	 * @throws {TramontaneError} From reading, never from this call, and after all parts before it: what the model's streams
	 *   throw, and `callback-failed` with the `field` of the function. `error.partial` has the usage of the run until then,
	 *   and in `messages` what it had added to the conversation.
	 * @example Go on with a conversation
	 * const { text, messages } = await agent.streamChat(history).result();
	 * history.push(...messages);
	 */
	streamChat(messages: readonly ChatMessage[], options?: AgentRunOptions): AgentStream;
	/** A run given as one value, which can be built and changed before it is passed. Otherwise as {@link streamChat}. */
	streamCompletion(request: AgentRunOptions & {
		readonly messages: readonly ChatMessage[];
	}): AgentStream;
}
/**
 * A loaded model that turns texts into vectors. Make one with {@link loadEmbeddingModel}, share it among all requests of
 * the program, and close it when it is no longer needed. An idle model does not keep the process alive.
 */
export declare class EmbeddingModel {
	#private;
	/** What was loaded, and onto which device. */
	readonly info: EmbeddingModelInfo;
	private constructor();
	/**
	 * Turns texts into vectors of `info.embeddingWidth` numbers. A text's vector is the same whatever other texts are
	 * computed with it. Calls that run at once take turns text by text.
	 *
	 * Cancelling rejects at once; the engine stops after the text at hand.
	 *
	 * @param texts - At least one, at most 2,048, none empty. Models that were trained with a prompt before texts
	 *   (`info.prompts`) want it there.
	 * @throws {TramontaneError} `invalid-argument` and `context-overflow` with the text at fault as `field` (`texts[3]`),
	 *   before any is computed; `aborted`, `closed`, `engine-failed`.
	 * @example
	 * const { embeddings } = await model.embed([`${model.info.prompts.query ?? ''}Where do cranes breed?`]);
	 */
	embed(texts: readonly string[], options?: {
		readonly abortSignal?: AbortSignal | undefined;
	}): Promise<EmbeddingResult>;
	/**
	 * Ends all calls, which reject with code `closed`, and frees the weights, after the text at hand. May be called any
	 * number of times.
	 *
	 * @throws {TramontaneError} `engine-failed`, should the engine fail while closing.
	 */
	close(): Promise<void>;
	/** Closes the model at the end of an `await using` scope. The same as {@link close}. */
	[Symbol.asyncDispose](): Promise<void>;
}
/**
 * One generation, read part by part as it is computed.
 *
 * **Start.** Nothing is computed until the first read: the first `next()` of a loop, or `result()`. A stream that is
 * never read costs nothing.
 *
 * **Reading.** Iterate the stream for its parts, or take one of its views, such as `textStream` for its text alone or
 * `toResponse()` for a web server: one of them, once; `tee()` makes several streams of one. `result()` can be asked for
 * beside any, before, during or after. Parts wait here until they are read, as many as `maxBufferedParts` and
 * `maxBufferedBytes` allow; then `bufferPolicy` decides, and by default the generation is paused until the reader has
 * caught up. A slow reader delays no other stream.
 *
 * **Pausing.** `pause()` lays the generation aside, from anywhere and for as long as you like, and `resume()` lets it go
 * on with the same tokens. A stream that is paused, by either way, does not keep the process alive.
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
export declare class GenerationStream<Part extends AnyStreamPart = StreamPart, Result extends GenerationResult = GenerationResult> implements AsyncIterable<Part>, AsyncDisposable {
	#private;
	private constructor();
	/**
	 * Reads the parts: `text-delta` as the text comes, then one `finish`. Called by `for await`.
	 *
	 * Calls of `next()` may overlap and are answered in order. `return()` and `throw()` cancel and settle at once, and end
	 * a `next()` that is still pending. An error is thrown by one `next()`; after it the iterator is done.
	 *
	 * @throws {TramontaneError} `invalid-argument` at once, where this stream or a view of it is already being read.
	 */
	[Symbol.asyncIterator](): AsyncIterableIterator<Part, undefined>;
	/**
	 * The text alone: each delta as a string, ending where the generation ends. Reading it is reading the stream, with the
	 * same rules for starting, leaving and failing; why it ended and what it used is in `result()`.
	 *
	 * @example
	 * for await (const delta of model.streamPrompt('Write a haiku.').textStream) process.stdout.write(delta);
	 */
	get textStream(): AsyncIterable<string>;
	/**
	 * What the model thinks, alone: each reasoning delta as a string, as `textStream` has the text's. To show both as they
	 * come, iterate the stream itself.
	 */
	get reasoningStream(): AsyncIterable<string>;
	/**
	 * The parts as a web stream. It asks for a part when it is read, and starts the generation with that; cancelling it
	 * cancels the generation. An error is the error of the web stream.
	 *
	 * @throws {TramontaneError} `invalid-argument`, where this stream or a view of it is already being read.
	 */
	toReadableStream(): ReadableStream<Part>;
	/**
	 * The text as a web stream of strings, otherwise as {@link toReadableStream}.
	 *
	 * @throws {TramontaneError} `invalid-argument`, where this stream or a view of it is already being read.
	 */
	toTextReadableStream(): ReadableStream<string>;
	/**
	 * A Node stream: of the text, as strings, or of the parts, in object mode. It asks for a part when it is read, and
	 * starts the generation with that; destroying it cancels the generation. An error destroys it with that error.
	 *
	 * Only where there are Node streams, so not on a web page. Connect it by `pipeline`: where the other end goes away, `pipe` would leave it, and so the generation, running.
	 *
	 * @throws {TramontaneError} `invalid-argument` with the `field` at fault, or where this stream or a view of it is
	 *   already being read.
	 * @example
	 * await pipeline(model.streamPrompt(question).toNodeReadable(), response);
	 */
	toNodeReadable(options?: NodeReadableOptions): Readable;
	/**
	 * The answer of a web server's handler: plain text, our parts as server-sent events, or what OpenAI's clients read.
	 * The generation starts when the body is read, and is cancelled where the client goes away, if the server cancels the
	 * body then, as web servers do.
	 *
	 * Status and headers are sent before the first part is known, so an error, also of a bad request, shows in the body:
	 * a last event, or for `text` a body that breaks off. Events of errors have the message, code and field, not the file.
	 *
	 * @throws {TramontaneError} `invalid-argument` with the `field` at fault, or where this stream or a view of it is
	 *   already being read.
	 * @example
	 * app.post('/chat', async (c) => model.streamChat(await c.req.json()).toResponse({ format: 'sse' }));
	 */
	toResponse(options?: StreamResponseOptions): Response;
	/**
	 * The chunks of OpenAI's streaming chat completions: the role first, then text, reasoning and tool calls as they come,
	 * one finish reason, and with `includeUsage` a last chunk that tells the tokens used. Reading it is reading the stream,
	 * with the same rules for starting, leaving and failing.
	 *
	 * Tool calls are numbered anew in the order in which they begin. A generation that was cut short has finish reason
	 * `length`, whatever cut it, as no other says so. Of an agent's run the calls that it has answered are left out.
	 *
	 * @throws {TramontaneError} `invalid-argument` with the `field` at fault.
	 */
	toOpenAIChunks(options?: OpenAIChunkOptions): AsyncIterable<OpenAIChatChunk>;
	/**
	 * Several streams in place of this one: each gives all parts, has its own result and views, and can be left by itself.
	 * The generation goes on while one of them is left, and is cancelled when all have been.
	 *
	 * They may be read at any pace, one after the other too: the quickest sets it, and what a slower one has not read
	 * waits in it, up to the whole answer, without holding the others back. With `bufferPolicy: 'error'` a branch that
	 * falls behind by more than the stream's budget fails alone, with code `buffer-full`. Pausing a branch holds back what
	 * it is given; the generation is paused once all of them are. One that is left while others go on ends with finishReason `aborted` and a usage of zero, since its tokens
	 * are still being made; one that is never read counts as left once it is collected.
	 *
	 * @param branches - How many, from 1 to 1024.
	 * @throws {TramontaneError} `invalid-argument`, where this stream or a view of it is already being read.
	 * @example Answer the client and keep the text
	 * const [forClient, forLog] = model.streamChat(messages).tee();
	 * void forLog.result().then(({ text }) => log(text));
	 * return forClient.toResponse();
	 */
	tee(): [
		GenerationStream<Part, Result>,
		GenerationStream<Part, Result>
	];
	tee(branches: number): GenerationStream<Part, Result>[];
	/**
	 * The whole generation, once it has ended. Starts it where nothing was read yet, takes no part away from a reader,
	 * and gives the same promise each time.
	 *
	 * It asks for the whole: until it settles, nothing is paused or refused because a reader beside it is slow, and what
	 * that reader has not read is kept. Only `pause()` still holds.
	 *
	 * A cancelled generation is a result too: finishReason `aborted`, with all the text there was. Where the generation
	 * had already ended by itself when it was left, the result says so.
	 *
	 * @throws {TramontaneError} The error that iterating throws. If a reader gets it, this promise may go unawaited
	 *   without an unhandled rejection.
	 */
	result(): Promise<Result>;
	/**
	 * Lays the generation aside until `resume()`: its sequence is freed, and the time is other streams'. Parts made before
	 * can still be read; a read that waits goes on waiting, and no timeout runs meanwhile. `cancel()`, an `abortSignal` and
	 * closing the model end a paused stream too.
	 *
	 * Any time, any number of times. One that was not started is queued by its first read, and waits there. Once the
	 * stream has ended, it has no effect.
	 */
	pause(): void;
	/** Lets a generation go on that `pause()` has laid aside, with the same tokens as if it never had been. */
	resume(): void;
	/** Whether `pause()` has laid it aside. A stream that merely waits for its reader is not paused in this sense. */
	get paused(): boolean;
	/** How many streams will be taken up before this one; `null` once it was taken up, and before the first read. */
	get queuePosition(): number | null;
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
 * Puts a message together from the parts of its stream, whichever source they come from. It can be looked at after any
 * part, so that a view can show the message as it grows.
 *
 * Tool calls are put together by `index` and `toolCallId`, with the fragments of their arguments joined. Indexes may
 * have gaps, come out of order, or be used again under another id; ids may be empty after the start. At most 128 calls
 * with indexes below 128 are kept.
 *
 * @example
 * const fold = new MessageFold();
 * for await (const part of stream) show(fold.add(part).message);
 */
export declare class MessageFold {
	#private;
	/** Takes in the next part; types it does not know have no effect. Gives itself. */
	add(part: StreamPart): this;
	/** The text so far. */
	get text(): string;
	/** The reasoning so far; `''` where there was none. */
	get reasoning(): string;
	/**
	 * The tool calls that are complete so far. Calls known only by their fragments are complete once the stream has
	 * finished with reason `stop` or `tool-calls` and their arguments are JSON; what `length` or `aborted` cut off must
	 * not be run, even where it can be parsed.
	 */
	get toolCalls(): ToolCall[];
	/** How likely each token was, so far; `undefined` where nothing was said of it. They are no part of the message. */
	get logProbabilities(): readonly TokenLogProbabilities[] | undefined;
	/** The `finish` part with reason, usage and timings, once it has come. */
	get finish(): FinishPart | undefined;
	/** The message so far. `reasoning`, `toolCalls` and `providerData` are left out where there are none. */
	get message(): AssistantMessage;
}
/**
 * A loaded model. Make one with {@link loadModel}, share it among all requests of the program, and close it when it is
 * no longer needed.
 *
 * Any number of streams may run at once; each gives the same tokens as it would alone. An idle model does not keep the
 * process alive, a stream that somebody awaits does.
 */
export declare class Model implements LanguageModel {
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
	 * `options.abortSignal`, `await using` and letting go of the stream. Parts wait in the stream until they are read, up
	 * to a budget: then the generation is paused, and no other stream is delayed.
	 *
	 * @param messages - The conversation so far, oldest first; at least one message, usually ending with the user's.
	 * @param options - How to generate. `maxOutputTokens` counts tokens and defaults to what is left of the context.
	 * @returns A stream to be read once: any number of parts with text, reasoning and tool calls, then one `finish` part
	 *   that says why it ended, and with how many tokens in how many milliseconds.
	 * @throws {TramontaneError} From reading, never from this call, and after all parts before it; `error.partial` holds
	 *   the text so far. `invalid-argument` with the `field` at fault (`messages[2].role`), `no-chat-template`,
	 *   `context-overflow`, `aborted` where the signal was raised before the first read, `queue-full`,
	 *   `deadline-exceeded`, `first-token-timeout`, `idle-timeout`, `buffer-full`, `closed`, `engine-failed`.
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
	 * Several answers to one request, to choose from or to vote among. Each is a stream like any other, with its own
	 * result, and can be left by itself; they run side by side once they are read.
	 *
	 * @param request - What {@link streamCompletion} takes. With a `seed`, the n-th answer (from 0) has the seed
	 *   `seed + n`, modulo 2^53, so that each can be had again alone; without one, each draws its own.
	 * @param count - How many, an integer from 1 to 128.
	 * @throws {TramontaneError} `invalid-argument` with the `field` `count`. What is wrong with the request, its streams
	 *   throw when they are read.
	 * @example
	 * const results = await Promise.all(model.streamChoices({ messages, seed: 7 }, 3).map((stream) => stream.result()));
	 */
	streamChoices(request: CompletionRequest, count: number): GenerationStream[];
	/**
	 * How many tokens a request's prompt has, without running it: the chat template is rendered, with its tools, and
	 * tokenized on a thread of its own.
	 *
	 * @param request - What {@link streamCompletion} takes.
	 * @throws {TramontaneError} What reading the stream of that request would throw before its first token:
	 *   `invalid-argument` with the `field` at fault, `no-chat-template`, `context-overflow`; `aborted` where its signal is
	 *   raised, `closed`, `engine-failed`.
	 * @example
	 * const { inputTokens } = await model.countTokens({ messages, contextOverflow: 'truncate-oldest' });
	 */
	countTokens(request: CompletionRequest): Promise<TokenCount>;
	/**
	 * The tokens of a text, by the model's own tokenizer, on a thread of its own. Special tokens that the text spells out
	 * (`<|im_end|>`) are found in it.
	 *
	 * @param text - Any text; an empty one has no tokens.
	 * @param options - `addSpecialTokens` puts the tokens there with which the model wants a text to begin or end, as
	 *   `streamCompletion({ prompt })` does; false by default, so that {@link detokenize} gives the text back.
	 * @throws {TramontaneError} `invalid-argument` with the `field` at fault, `closed`, `engine-failed`.
	 */
	tokenize(text: string, options?: TokenizeOptions): Promise<number[]>;
	/**
	 * The text of tokens. The text of a stream's deltas is more than this one's pieces: a character can span tokens.
	 *
	 * @param tokens - Ids below `info.vocabularySize`.
	 * @param options - `skipSpecialTokens` leaves out the text of special tokens; false by default.
	 * @throws {TramontaneError} `invalid-argument` with the token at fault as `field` (`tokens[3]`), `closed`,
	 *   `engine-failed`.
	 */
	detokenize(tokens: readonly number[], options?: DetokenizeOptions): Promise<string>;
	/**
	 * A request's prompt as the model would get it, without running it: the chat template is rendered, with its tools, and
	 * tokenized on a thread of its own. It may be too long for the context.
	 *
	 * @param request - What {@link streamCompletion} takes.
	 * @throws {TramontaneError} `invalid-argument` with the `field` at fault, `no-chat-template`; `aborted` where its signal
	 *   is raised, `closed`, `engine-failed`.
	 * @example
	 * const { text } = await model.renderPrompt({ messages: [{ role: 'user', content: 'Hello!' }] });
	 */
	renderPrompt(request: CompletionRequest): Promise<RenderedPrompt>;
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
/** Several models behind one; make one with {@link poolModels}. */
export declare class ModelPool implements LanguageModel {
	#private;
	/** The names of its members' models. */
	readonly info: {
		readonly model: string;
	};
	private constructor();
	/** As {@link Model.streamPrompt}. */
	streamPrompt(prompt: string, options?: GenerateOptions): GenerationStream;
	/** As {@link Model.streamChat}. Where all members have failed, reading throws the last one's error. */
	streamChat(messages: readonly ChatMessage[], options?: GenerateOptions): GenerationStream;
	/** As {@link Model.streamCompletion}. */
	streamCompletion(request: CompletionRequest): GenerationStream;
	/** As {@link Model.streamChoices}; they may come from different members. */
	streamChoices(request: CompletionRequest, count: number): GenerationStream[];
	/** How its members are doing, in the order in which they were given. */
	health(): MemberHealth[];
	/** The counts of all members together, also of streams that they have besides this pool. */
	metrics(): ModelMetrics;
	/** Closes all members. */
	close(): Promise<void>;
	/** Closes the pool at the end of an `await using` scope. The same as {@link close}. */
	[Symbol.asyncDispose](): Promise<void>;
}
/**
 * A model of a remote engine; make one with {@link connect}. Its streams have the same parts, views, results, errors and
 * ways of stopping as those of a model in this process. What only the engine could know, and does not tell, is 0: the
 * time in its queue, tokens where it counts none, `usage` of a cancelled stream.
 *
 * Cancelling closes the connection at once. A stream that is paused, or that nobody reads, takes nothing from its
 * connection, so that the server has to wait; how long it does is the server's choice, and a stream that it ends then
 * fails with code `connection-lost`.
 */
export declare class RemoteModel implements LanguageModel {
	#private;
	readonly info: RemoteInfo;
	private constructor();
	/** Answers one prompt: it becomes the only user message of a conversation. As {@link Model.streamPrompt}. */
	streamPrompt(prompt: string, options?: GenerateOptions): GenerationStream;
	/**
	 * Continues a conversation with the model's next answer. As {@link Model.streamChat}, but for what the engine's protocol
	 * cannot express: reading throws `invalid-argument` with the `field`, rather than leaving it out.
	 *
	 * @throws {TramontaneError} From reading: besides those of a local model `connection-failed`, `connection-lost`,
	 *   `unauthorized`, `rate-limited`, `remote-failed`, `model-not-found`.
	 */
	streamChat(messages: readonly ChatMessage[], options?: GenerateOptions): GenerationStream;
	/** Runs a whole request given as one value. Token ids cannot be passed: they are those of another vocabulary. */
	streamCompletion(request: CompletionRequest): GenerationStream;
	/** Several answers to one request, each by a request of its own. As {@link Model.streamChoices}. */
	streamChoices(request: CompletionRequest, count: number): GenerationStream[];
	/**
	 * The models that the engine offers.
	 *
	 * @throws {TramontaneError} `invalid-argument` where its protocol has no list, `aborted`, `closed`, and as reading a
	 *   stream does.
	 */
	listModels(options?: {
		readonly abortSignal?: AbortSignal | undefined;
	}): Promise<RemoteModelInfo[]>;
	/**
	 * Turns texts into vectors, by the model of this connection.
	 *
	 * @param texts - At least one, at most 2,048.
	 * @throws {TramontaneError} `invalid-argument` where its protocol has no embeddings or a text is none, `aborted`,
	 *   `closed`, and as reading a stream does.
	 */
	embed(texts: readonly string[], options?: {
		readonly abortSignal?: AbortSignal | undefined;
	}): Promise<EmbeddingResult>;
	/** Counts of this connection's streams, as far as they can be known at this end; the others are 0. */
	metrics(): ModelMetrics;
	/**
	 * Ends all running streams, which get their `finish` part with finishReason `aborted` before this resolves, and closes
	 * the connections. Streams read for the first time from now on throw code `closed`.
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
	/** How long to wait before trying again, in milliseconds: an estimate, with code `queue-full`, where there is one. */
	readonly retryAfterMs?: number;
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
 * A model of a remote engine, with the same streams as a model in this process. Nothing is sent before a stream of it is
 * read, so a wrong name or key shows there.
 *
 * @param model - Provider and model, such as `openai:gpt-5` or `vllm:NAME`, or the options that say so.
 * @param options - How to reach it.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault.
 * @example
 * await using model = connect('ollama:llama3.2');
 * for await (const delta of model.streamPrompt('Name three winds.').textStream) process.stdout.write(delta);
 * @example A server that speaks OpenAI's protocol
 * const model = connect({ dialect: 'openai-chat', baseUrl: 'http://10.0.0.5:8000/v1', model: 'qwen3' });
 */
export declare function connect(model: string, options?: Omit<ConnectOptions, "provider" | "model">): RemoteModel;
export declare function connect(options: ConnectOptions): RemoteModel;
/**
 * Lets a model use tools: it answers, the tools that it asks for are run, their results go back to it, and so on until it
 * answers without asking for any.
 *
 * @param options - The model, its tools, and how to run.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault.
 * @example
 * const agent = createAgent({ model, tools: [weather] });
 * for await (const part of agent.streamPrompt('Do I need an umbrella in Genova?')) {
 *   if (part.type === 'text-delta') process.stdout.write(part.delta);
 *   if (part.type === 'tool-progress') console.error(part.phase, part.toolName);
 * }
 */
export declare function createAgent(options: AgentOptions): Agent;
/**
 * Downloads a model from the Hugging Face hub without loading it: `loadModel` finds it in the cache afterwards. What is
 * there already is not downloaded again, and a download that was stopped, here or by another program, is gone on with.
 * Runs on a thread of its own.
 *
 * @param model - What `loadModel` takes. Of a file or folder on disk it is only said what there is.
 * @param options - Which of its files, from where, and whom to tell.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault, `model-not-found`, `invalid-model` and
 *   `unsupported-model` with the `file` at fault (the architecture is checked before the weights come, where it is known
 *   by then), `download-failed`, `aborted`, `native-unavailable`.
 * @example
 * const { path } = await downloadModel('org/repo-GGUF', {
 *   file: 'Q4_K_M',
 *   onProgress: ({ done, total, bytesPerSecond }) => console.log(done, total, bytesPerSecond),
 * });
 */
export declare function downloadModel(model: string, options?: DownloadModelOptions): Promise<DownloadedModel>;
export declare function finalMessage(parts: AsyncIterable<StreamPart>): Promise<AssistantMessage>;
/**
 * The message that parts come to: those of any stream, read to its end, or a list of them. Tool calls are put together
 * as {@link MessageFold} does. Of a `GenerationStream`, `result()` gives the same and more.
 *
 * @throws What reading the parts throws.
 * @example
 * const message = await finalMessage(partsOfARemoteEngine);
 */
export declare function finalMessage(parts: Iterable<StreamPart>): AssistantMessage;
/**
 * Describes a model without loading it: its sizes, types, tokenizer and chat template, whether it can be loaded, and what
 * memory it would take. Reads the headers of its files on a thread of its own, and none of its weights.
 *
 * @param model - A `.gguf` file, a folder, or a repository of the hub (`'org/repo'`) that is in the cache.
 * @throws {TramontaneError} `model-not-found` (download a repository first), `invalid-model` with the `file` that is
 *   damaged, `invalid-argument` with the `field` at fault, `aborted`, `native-unavailable`. A model that cannot be loaded
 *   is no error: `problem` says why.
 * @example
 * const { architecture, parameterCount, memory } = await inspectModel('model.gguf', { contextLength: 8192 });
 */
export declare function inspectModel(model: string, options?: InspectModelOptions): Promise<ModelDescription>;
/**
 * The models of the Hugging Face hub that are in the cache, whoever brought them there, by name. Reads folders on a thread
 * of its own, and no file's contents.
 *
 * @returns None where there is no cache yet.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault, `native-unavailable`.
 * @example
 * for (const { model, bytes } of await listCachedModels()) console.log(model, bytes);
 */
export declare function listCachedModels(options?: CachedModelOptions): Promise<CachedModel[]>;
/**
 * Loads a model that turns texts into vectors into this process, on threads of its own. The engine runs
 * Qwen3-Embedding and EmbeddingGemma, from safetensors; it does not run models of BERT's kind (bge, e5, gte, nomic).
 *
 * @param model - A repository of the Hugging Face hub (`'org/repo'`), which is downloaded once and then found on disk, or
 *   the path of a folder with the same files, `modules.json` among them.
 * @param options - How to find and load it, as for {@link loadModel}.
 * @returns The loaded model. Close it with `await model.close()`, or hold it by `await using`.
 * @throws {TramontaneError} Those of {@link loadModel}; `unsupported-model` for a model that generates text.
 * @example
 * await using model = await loadEmbeddingModel('org/repo');
 * const { embeddings } = await model.embed(['A mild day', 'Sunny weather']);
 */
export declare function loadEmbeddingModel(model: string, options?: LoadEmbeddingModelOptions): Promise<EmbeddingModel>;
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
/**
 * A model's metrics under OpenTelemetry's rules for names, units and kinds, to be observed by asynchronous instruments.
 * Pure: it names no SDK and keeps nothing.
 *
 * How long things take is told per stream, by the `timings` of its result: `firstTokenMs` is OpenTelemetry's
 * `gen_ai.server.time_to_first_token`, `totalMs` its `gen_ai.server.request.duration`, and one by `tokensPerSecond` its
 * `gen_ai.server.time_per_output_token`; these count in seconds.
 *
 * @example
 * const instruments = new Map(
 *   openTelemetryMetrics(model.metrics()).map(({ name, kind, ...options }) => [
 *     name,
 *     kind === 'counter' ? meter.createObservableCounter(name, options) : meter.createObservableUpDownCounter(name, options),
 *   ]),
 * );
 * meter.addBatchObservableCallback((result) => {
 *   for (const { name, value, attributes } of openTelemetryMetrics(model.metrics())) {
 *     result.observe(instruments.get(name), value, attributes);
 *   }
 * }, [...instruments.values()]);
 */
export declare function openTelemetryMetrics(metrics: ModelMetrics): OpenTelemetryMetric[];
/**
 * Several models behind one: several places of the same engine, or a model in this process with a remote one to help out.
 *
 * A stream goes to the member that has the fewest, the first of these. Where that fails before anything of its answer
 * came, by a failure of its own and not of the request, the next one is asked; it then rests for a second to a minute,
 * longer each time, or for as long as it has said, and one stream tries whether it is well again. Once something of an
 * answer has come, the stream stays where it is. What a member retries by itself (`retries`) comes first.
 *
 * @param members - At least one; they are closed with the pool.
 * @param options - When a second member is asked.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault.
 * @example Local, and remote where that takes too long
 * const model = poolModels([await loadModel('./model.gguf'), connect('openai:gpt-5')], { hedgeAfterMs: 2000 });
 */
export declare function poolModels(members: readonly LanguageModel[], options?: PoolOptions): ModelPool;
/**
 * Writes a stream's text as it comes. It waits while the writable is full, leaves tool calls out, adds nothing at the
 * end, and leaves the writable open. Of an agent's run the rounds' texts are set apart by an empty line.
 *
 * Where the reader at the other end goes away (`head`, a closed connection), the generation is cancelled; that is no
 * error.
 *
 * @param stream - What to print. It is read here, so it cannot be read elsewhere too.
 * @param writable - Where to. Defaults to the terminal, `process.stdout`.
 * @returns What the stream came to, once all of it is written; finishReason `aborted` where the writable was closed.
 * @throws What reading the stream throws, after writing what came before; and any other error of the writable, which
 *   cancels the generation.
 * @example
 * const { usage } = await printStream(model.streamPrompt('Why is the sky blue?'));
 */
export declare function printStream(stream: PrintableStream, writable?: NodeJS.WritableStream, options?: PrintOptions): Promise<GenerationResult>;
/**
 * Passes a stream on and writes down every part of it, with the time at which it came: for a test that plays it back
 * with {@link replayStream}, or a report of what went wrong.
 *
 * The stream that is given back takes the place of `stream`: the same parts, result, errors and views, and leaving it
 * leaves `stream`; pausing it pauses `stream`. It gives its last part when the recording is complete; so is the file, once `result()` has resolved.
 * Parts are recorded as they come, however slowly they are read, and those that are never read too: a slow reader does
 * not pause the generation, unless `bufferPolicy` is `error`, by which it fails.
 *
 * A recording is text of one JSON value a line. The first has the version of the format, the model's name and the
 * request; each other one has `atMs`, in milliseconds since the first read, and the `part`. A failed stream's last one
 * is a part of type `error`.
 *
 * @param stream - The stream to record. It is read here, so it cannot be read elsewhere too.
 * @param to - The path or file URL of a file to make, or a function to give each line to. If that gives a promise, the
 *   next line waits for it.
 * @param options - What to write, and by which clock.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault, or where `stream` is already being read. From
 *   reading, `invalid-argument` with the `file` where the recording cannot be written: the generation is cancelled then.
 * @example
 * const { text } = await recordStream(model.streamPrompt('Hello!'), 'fixtures/hello.jsonl').result();
 */
export declare function recordStream<Part extends AnyStreamPart, Result extends GenerationResult>(stream: GenerationStream<Part, Result>, to: string | URL | RecordingSink, options?: RecordOptions): GenerationStream<Part, Result>;
/**
 * Deletes a model's files from the cache of the Hugging Face hub, unfinished downloads included. Models that are loaded go
 * on working, except on Windows, where open files cannot be deleted.
 *
 * @param model - The repository: `'org/repo'`. Files and folders elsewhere are not deleted.
 * @throws {TramontaneError} `model-not-found` where it is not in the cache, `model-busy` while it is being downloaded,
 *   `cache-failed` with the `file` that cannot be deleted, `invalid-argument` with the `field` at fault,
 *   `native-unavailable`.
 * @example
 * const { freedBytes } = await removeCachedModel('org/repo');
 */
export declare function removeCachedModel(model: string, options?: RemoveCachedModelOptions): Promise<RemovedModel>;
/**
 * Plays a recording that {@link recordStream} has made: a stream with the same parts, the same result, and at its end
 * the same error where there was one. It needs no model and no native library.
 *
 * It starts, is left and is read as every stream. The recording is read from disk by the first read. Cancelled before
 * its end, it ends with finishReason `aborted` and a usage of zero, since tokens are only counted at a recording's end.
 *
 * That of an agent's run is played as one, with its parts and its result: an `AgentStream`, which its caller has to say.
 *
 * @param recording - The path or file URL of a recording; or its text, which begins with `{`.
 * @param options - How fast, and what to stop it by.
 * @throws {TramontaneError} From reading, never from this call: `invalid-argument`, with the `file` and the number of
 *   the line where the recording is damaged; and what was recorded.
 * @example
 * const stream = replayStream('fixtures/answer.jsonl', { speed: 'instant' });
 * assert.equal((await stream.result()).text, 'Hello');
 */
export declare function replayStream(recording: string | URL, options?: ReplayOptions): GenerationStream;
/**
 * A tool for an agent: what the model is told of it, how its input is checked, and what runs. The type of the input
 * follows from the schema.
 *
 * @param spec - The tool; it is read now.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault: `tool.jsonSchema` where `inputSchema` cannot tell what
 *   it looks like as a JSON schema.
 * @example
 * const weather = tool({
 *   name: 'get_weather',
 *   description: 'The weather of a city at this moment.',
 *   inputSchema: z.object({ city: z.string() }),
 *   execute: async ({ city }, { abortSignal }) => (await fetch(`https://weather.example/${city}`, { signal: abortSignal })).json(),
 * });
 */
export declare function tool<Schema extends StandardSchema | object>(spec: ToolSpec<Schema>): AgentTool<ToolInput<Schema>>;
/** The last part of an agent's run that did not fail; its usage and times are those of the whole run. */
export interface AgentFinishPart extends FinishPart {
	/** Why the run ended. */
	readonly endedBy: RunEnd;
	/** How many rounds there were. */
	readonly rounds: number;
	/** The final answer: the text of the last round. */
	readonly text: string;
}
/** What an agent is made of; what its runs have in common may be given here too. */
export interface AgentOptions extends Omit<AgentRunOptions, "abortSignal"> {
	/** The model, wherever it runs. The agent does not close it. */
	readonly model: LanguageModel;
	/**
	 * What the model may ask for, at most 128. Make them with {@link tool}.
	 *
	 * @defaultValue none
	 */
	readonly tools?: readonly AgentTool[] | undefined;
	/**
	 * A system message that each run begins with, unless its conversation has one of its own. It is not among the messages
	 * of the result.
	 *
	 * @defaultValue none
	 */
	readonly instructions?: string | undefined;
}
/**
 * An agent's run once it has ended. `text`, `reasoning`, `message` and `logProbabilities` are those of the last round,
 * and so the final answer; `usage`, `timings` and `bufferHighWater` are of the whole run.
 */
export interface AgentResult extends GenerationResult {
	/** The calls that nobody has answered: those left for the caller where `endedBy` is `open-calls`, else none. */
	readonly toolCalls: GenerationResult["toolCalls"];
	/**
	 * What the run adds to the conversation: the model's messages and the tools', ready to be appended to the history. A
	 * call that was still running when the run ended is answered by a message that says so, since models refuse a history
	 * with open calls; only those of `toolCalls` are left to be answered.
	 */
	readonly messages: readonly ChatMessage[];
	/** Each round, the first one first. */
	readonly rounds: readonly AgentRound[];
	/** Why the run ended. */
	readonly endedBy: RunEnd;
}
/** One round of an agent's run: an answer of the model, and what its tools gave. */
export interface AgentRound extends GenerationResult {
	/** The answers to its `toolCalls`, in their order. */
	readonly toolResults: readonly ToolResultPart[];
}
/**
 * How an agent runs: how each round generates, and how far the run goes. All fields are optional, and `undefined` counts
 * as left out. Timeouts, `deadlineMs`, `maxOutputTokens` and `seed` are of each round, not of the run.
 */
export interface AgentRunOptions extends Omit<GenerateOptions, "tools"> {
	/**
	 * Whether the model may, must or must not call a tool. What makes it call one, `'required'` or a tool by name, counts
	 * for the first round only, after which it is `'auto'`: otherwise it could never answer. `grammar` and `responseFormat`
	 * hold in the rounds in which no call is forced. `prepareRound` can choose anew for each round; a model in this process
	 * whose chat template knows no tools can only be made to call them, and needs `'none'` in the rounds after that.
	 *
	 * @defaultValue `'auto'`
	 */
	readonly toolChoice?: ToolChoice | undefined;
	/**
	 * The most rounds, an integer from 1 to 1000. Where the last one asks for tools they are still run, and the run ends
	 * with finishReason `tool-calls` and `endedBy` `max-rounds`; that is no error.
	 *
	 * @defaultValue 10
	 */
	readonly maxRounds?: number | undefined;
	/**
	 * How many of a round's tools may run at once, an integer from 1 to 128.
	 *
	 * @defaultValue 8
	 */
	readonly maxParallelTools?: number | undefined;
	/**
	 * How long a tool without `timeoutMs` of its own may take, in milliseconds. At most 2^31 - 1; 0 sets no limit.
	 *
	 * @defaultValue 60000
	 */
	readonly toolTimeoutMs?: number | undefined;
	/**
	 * Decides on each call before any of its round is run: asked for one after the other, in the calls' order, for those
	 * of known tools and with valid arguments. Anything but a decision fails the run, so that nothing is approved by
	 * mistake; so does what it throws, and an `input` that the tool's schema refuses, with code `callback-failed`.
	 *
	 * @defaultValue every call is approved
	 */
	readonly onToolCall?: ((call: ToolCallRequest) => ToolCallDecision | Promise<ToolCallDecision>) | undefined;
	/**
	 * Asked before each round for what is to be different in it: a shortened conversation, other tools, another sampling.
	 * What it throws fails the run, with code `callback-failed`.
	 *
	 * @defaultValue nothing
	 */
	readonly prepareRound?: ((round: RoundStart) => RoundChanges | undefined | void | Promise<RoundChanges | undefined | void>) | undefined;
}
/** A tool of an agent; make one with {@link tool}. */
export interface AgentTool<Input = unknown> {
	readonly name: string;
	readonly description?: string | undefined;
	/** What its input looks like, as a JSON schema. */
	readonly inputSchema: object;
	readonly timeoutMs?: number | undefined;
	/** Checks what the model wrote. */
	validateInput(input: unknown): Promise<CheckedToolInput<Input>>;
	execute?(input: Input, context: ToolContext): unknown;
}
/** The model's turn of a conversation. It can be passed back among the `messages` of the next request. */
export interface AssistantMessage {
	readonly role: "assistant";
	/** The answer's text. */
	readonly content: string;
	/** What the model thought, where it did. */
	readonly reasoning?: string;
	/** The tools it asks for, where it does. */
	readonly toolCalls?: readonly ToolCall[];
	/** What the engine wants to see again with this message, where it does. */
	readonly providerData?: readonly ProviderData[];
}
/** A call in a message that is passed to the model. */
export interface AssistantToolCall {
	readonly toolCallId: string;
	readonly toolName: string;
	/** The arguments: a JSON value. May be left out where `inputText` is there. */
	readonly input?: unknown;
	/**
	 * The arguments as the model wrote them, which may be no JSON.
	 *
	 * @defaultValue `input` as JSON
	 */
	readonly inputText?: string | undefined;
}
/** What the model has said. The `message` of a result is one, and can be passed back as it is. */
export interface AssistantTurn {
	readonly role: "assistant";
	/** May be empty, as it often is where the model asked for tools. */
	readonly content: string;
	/** What the model thought. Whether it is shown to the model again is its chat template's choice. */
	readonly reasoning?: string | undefined;
	/** The tools it asked for; each is answered by a {@link ToolMessage}. */
	readonly toolCalls?: readonly AssistantToolCall[] | undefined;
	/** What a remote engine gave to be seen again. Other engines, and models in this process, ignore it. */
	readonly providerData?: readonly ProviderData[] | undefined;
}
/** The most that waited for a stream's reader at once. */
export interface BufferHighWater {
	/** Parts that were made and not read yet. */
	readonly parts: number;
	/** The text in them, as UTF-8. */
	readonly bytes: number;
	/** How often the generation was paused because its reader was slow. */
	readonly pauses: number;
}
/** How much of a stream may wait for its reader. All fields are optional, and `undefined` counts as left out. */
export interface BufferOptions {
	/**
	 * The most parts that wait for the reader, an integer from 1 to 2^32 - 1. What a view leaves out, such as everything
	 * but text for `textStream`, is not counted, and a burst of parts is not held against a reader that takes it at once.
	 *
	 * @defaultValue 1024
	 */
	readonly maxBufferedParts?: number | undefined;
	/**
	 * The most bytes that wait for the reader, an integer of at least 1: the text in the parts, as UTF-8.
	 *
	 * @defaultValue 1048576
	 */
	readonly maxBufferedBytes?: number | undefined;
	/**
	 * What happens when more waits. Once `result()` was asked for, everything is kept whatever this says, since it asks for
	 * the whole.
	 *
	 * @defaultValue `'pause'`
	 */
	readonly bufferPolicy?: BufferPolicy | undefined;
}
/** A file of a cached repository. */
export interface CachedFile extends ModelFile {
	/** Its name in the repository, `/` between folders. */
	readonly name: string;
}
/** A repository of the hub, as far as it is in a cache. */
export interface CachedModel {
	/** Its name: `org/repo`. */
	readonly model: string;
	/** Its folder in the cache. */
	readonly path: string;
	/** What it takes on disk: each file once, and what unfinished downloads have brought. */
	readonly bytes: number;
	/** What unfinished downloads have brought. */
	readonly partialBytes: number;
	/** When a file was last read or written. Most systems note only the first reading of a day. */
	readonly lastUsedAt: Date;
	/** Its revisions, the newest first; none where no download was ever finished. */
	readonly revisions: readonly CachedRevision[];
}
/** Which cache is meant. */
export interface CachedModelOptions {
	/**
	 * Folder with downloaded files.
	 *
	 * @defaultValue the hub's shared cache (`HF_HUB_CACHE`, `HF_HOME`)
	 */
	readonly cacheDir?: string | undefined;
}
/** A commit of a cached repository. */
export interface CachedRevision {
	readonly commit: string;
	/** Branches and tags that stood for it when it was downloaded. */
	readonly names: readonly string[];
	/** Bytes of its files. One that several revisions share counts for each. */
	readonly bytes: number;
	/** When a file was last added. */
	readonly lastModifiedAt: Date;
	readonly files: readonly CachedFile[];
}
/** How to reach a remote engine. `undefined` counts as left out. */
export interface ConnectOptions {
	/**
	 * Who serves it: `openai`, `openai-responses`, `anthropic`, `gemini`, `ollama`, `vllm`, `llama.cpp`,
	 * `llama-cpp-python`, `lmstudio`, `mistralrs`, `deepseek`, `moonshot`, `zhipu`, `hunyuan`. It says where the engine is, which protocol it speaks and
	 * how it departs from that, and which environment variable may hold the key.
	 *
	 * @defaultValue none: then `dialect` is needed
	 */
	readonly provider?: string | undefined;
	/**
	 * The protocol, where it is not the provider's usual one.
	 *
	 * @defaultValue the provider's
	 */
	readonly dialect?: DialectName | undefined;
	/** The model's name, as the server has it. */
	readonly model: string;
	/**
	 * Where the API begins, as an `http` or `https` URL, such as `http://localhost:8000/v1`.
	 *
	 * @defaultValue the provider's
	 */
	readonly baseUrl?: string | undefined;
	/**
	 * The key. It goes to the base URL's own origin only, and is in no error or recording.
	 *
	 * @defaultValue the provider's environment variable, such as `OPENAI_API_KEY`, where the base URL is the provider's
	 *   own; none elsewhere
	 */
	readonly apiKey?: string | undefined;
	/** Headers to send besides, to the base URL's own origin only. */
	readonly headers?: Readonly<Record<string, string>> | undefined;
	/**
	 * Makes the requests, in place of Node's own HTTP client: for certificates, or a runtime of its own. `connectTimeoutMs`
	 * and `websocket` are not for it, and a paused stream may keep the process alive.
	 *
	 * @defaultValue Node's HTTP client, through the proxies that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` in the
	 *   environment name
	 */
	readonly fetch?: typeof globalThis.fetch | undefined;
	/**
	 * How often a call is made again that failed before anything of its answer came: where the engine could not be reached,
	 * says that it has no room (429), or fails (5xx). It waits for as long as the server asks, if that is a minute at most,
	 * and otherwise from half a second to eight, longer each time. An integer from 0 to 100.
	 *
	 * @defaultValue 2
	 */
	readonly retries?: number | undefined;
	/**
	 * How long a connection may take to be made, in milliseconds; 0 for as long as it likes. How long the answer may take
	 * is the stream's `firstTokenTimeoutMs` and `idleTimeoutMs`.
	 *
	 * @defaultValue 10000
	 */
	readonly connectTimeoutMs?: number | undefined;
	/**
	 * How many redirects are followed, an integer from 0 to 20. Keys and `headers` do not follow to another origin.
	 *
	 * @defaultValue 5
	 */
	readonly maxRedirects?: number | undefined;
	/**
	 * Whether to stream through a WebSocket, for servers that offer it with `openai-chat` or `openai-responses`: each answer
	 * has a connection of its own.
	 *
	 * @defaultValue false
	 */
	readonly websocket?: boolean | undefined;
	/**
	 * Fields for the body of each request, by the names that the protocol has; they override what is set here. A plain JSON
	 * value.
	 *
	 * @defaultValue none
	 * @example { providerOptions: { reasoning_effort: 'low' } }
	 */
	readonly providerOptions?: Readonly<Record<string, unknown>> | undefined;
}
/** How tokens become text. */
export interface DetokenizeOptions {
	/**
	 * Whether special tokens (the end of a text, roles) give no text.
	 *
	 * @defaultValue false
	 */
	readonly skipSpecialTokens?: boolean | undefined;
}
/** How to download a model. All fields are optional, and `undefined` counts as left out. */
export interface DownloadModelOptions extends ModelReferenceOptions {
	/**
	 * Called on the event loop, about 25 times a second at most, and not once the download is over. If it throws, the
	 * download is cancelled and rejects with what was thrown.
	 */
	readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
	/**
	 * Cancels the download: it rejects with code `aborted` and the signal's reason as `cause`, once no more is written.
	 * What has come is kept, and the next call goes on from there.
	 */
	readonly abortSignal?: AbortSignal | undefined;
}
/** How far a download has come. `done` and `total` count the files that were not in the cache as a whole. */
export interface DownloadProgress extends LoadProgress {
	readonly phase: "resolve" | "download";
	readonly unit: "bytes";
	/** How fast it was in the last few seconds; `null` until that is known. */
	readonly bytesPerSecond: number | null;
	/** Until all is here, if it goes on like that; `null` until that is known. */
	readonly remainingMs: number | null;
}
/** A model that is on disk as a whole. */
export interface DownloadedModel {
	/** The name that was passed. */
	readonly model: string;
	/** The kind of its files. */
	readonly format: "gguf" | "safetensors" | "uqff";
	/** What `loadModel` can be given in place of the name: a file, or the folder. */
	readonly path: string;
	/** All files that a load reads. */
	readonly files: readonly ModelFile[];
	/** Bytes of these files. */
	readonly bytes: number;
	/** Bytes that this call brought; 0 where everything was on disk. */
	readonly downloadedBytes: number;
}
/**
 * DRY, "don't repeat yourself" (Weidmann 2024, text-generation-webui pull request 5677): a token that would go on
 * repeating an earlier passage of `n` tokens costs `multiplier * base^(n - allowedLength)`, in units of logits.
 */
export interface DryOptions {
	/** What a repetition of `allowedLength` tokens costs the next one, from 0 to 100. 0 is off; 0.8 is common. */
	readonly multiplier: number;
	/**
	 * What the cost is multiplied by for every further token of the repetition, from 1 to 100.
	 *
	 * @defaultValue 1.75
	 */
	readonly base?: number | undefined;
	/**
	 * The shortest repetition that costs anything, in tokens; at least 1.
	 *
	 * @defaultValue 2
	 */
	readonly allowedLength?: number | undefined;
	/**
	 * Texts that repetitions do not reach across, and that are never made less likely themselves. At most 64, of 1 to 256
	 * bytes each.
	 *
	 * @defaultValue `['\n', ':', '"', '*']`
	 */
	readonly sequenceBreakers?: readonly string[] | undefined;
	/**
	 * How many of the latest tokens are looked at, those of the prompt included; at least 1.
	 *
	 * @defaultValue all
	 */
	readonly rangeTokens?: number | undefined;
}
/** What a loaded embedding model is. */
export interface EmbeddingModelInfo {
	/** The name or path it was loaded by. */
	readonly model: string;
	/** The kind of its files. */
	readonly format: "safetensors";
	/** Its architecture, as its files name it: `Qwen3ForCausalLM`, `Gemma3TextModel`. */
	readonly architecture: string;
	/** How many weights it has. */
	readonly parameterCount: number;
	/** The type most of its weights are computed with: `F32`, `Q8_0`. */
	readonly quantization: string;
	/** The most tokens a text may have, with those that the tokenizer puts around it. */
	readonly contextLength: number;
	/** The context length the model was trained for. */
	readonly trainedContextLength: number;
	/** How many tokens its vocabulary has. */
	readonly vocabularySize: number;
	/** How many numbers a vector has. */
	readonly embeddingWidth: number;
	/** How the vectors of a text's tokens become one. */
	readonly pooling: "last-token" | "mean";
	/** Whether vectors have length 1, so that their product is their cosine. */
	readonly normalised: boolean;
	/** What the model was trained to see before texts, by what they are for: `{ query: 'Instruct: ...' }`. Put it there. */
	readonly prompts: Readonly<Record<string, string>>;
	/** Where it computes: `cpu`, `cuda:0`, `metal`. */
	readonly device: string;
	/** Number type its activations are computed in. */
	readonly dtype: string;
	/** Threads that compute, on the CPU. */
	readonly threads: number;
	/** Memory that loading it added to the process. */
	readonly memoryBytes: number;
}
/** What texts are embedded to. */
export interface EmbeddingResult {
	/** A vector for each text, in their order. */
	readonly embeddings: readonly (readonly number[])[];
	/** Tokens of all texts; 0 where the server does not tell. */
	readonly inputTokens: number;
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
 * How to generate. All fields are optional, and `undefined` counts as left out; `null` does not. They are read when the
 * stream is made, so changing the object afterwards changes nothing.
 */
export interface GenerateOptions extends SamplingOptions, ToolOptions, BufferOptions {
	/**
	 * The most tokens to generate, a positive integer; reaching it ends the stream with finishReason `length`.
	 *
	 * @defaultValue what is left of the context after the prompt
	 */
	readonly maxOutputTokens?: number | undefined;
	/**
	 * Ends the answer (finishReason `stop`) where one of these texts would begin. It is never delivered, nor any part of
	 * it. At most 64 texts of at most 4096 bytes, none of them empty.
	 *
	 * @defaultValue none
	 */
	readonly stopSequences?: readonly string[] | undefined;
	/**
	 * What the answer has to follow: a JSON schema, a regular expression or a grammar.
	 *
	 * @defaultValue nothing
	 */
	readonly grammar?: Grammar | undefined;
	/**
	 * Asks for JSON, with or without a schema: another way to set `grammar`, which excludes it.
	 *
	 * @defaultValue `{ type: 'text' }`
	 */
	readonly responseFormat?: ResponseFormat | undefined;
	/**
	 * Variables for the chat template besides the messages and tools, as the model's makers document them; a plain JSON
	 * value. For conversations only.
	 *
	 * @defaultValue none
	 * @example { templateVariables: { enable_thinking: false } }
	 */
	readonly templateVariables?: Readonly<Record<string, unknown>> | undefined;
	/**
	 * What happens to a prompt that leaves no room for an answer in the context:
	 * - `error`: reading throws code `context-overflow`.
	 * - `stop`: the stream ends at once, with finishReason `length` and no text.
	 * - `truncate-oldest`: whole turns are left out, the oldest first, until there is room for `maxOutputTokens`, or for a
	 *   quarter of the context where that is not given. System messages and the last turn stay; where these alone do not
	 *   fit, reading throws code `context-overflow`. For conversations only.
	 *
	 * Whichever it is, an answer that reaches the context's end finishes with reason `length`.
	 *
	 * @defaultValue `'error'`
	 */
	readonly contextOverflow?: "error" | "stop" | "truncate-oldest" | undefined;
	/**
	 * Streams of a higher priority are taken up, and get their turns, before all of a lower one. An integer from -1,000,000
	 * to 1,000,000.
	 *
	 * @defaultValue 0
	 */
	readonly priority?: number | undefined;
	/**
	 * How long the stream may wait to be taken up, in milliseconds from the first read. One that is not by then is never
	 * begun, and throws code `deadline-exceeded`. At most 2^31 - 1.
	 *
	 * @defaultValue no limit
	 */
	readonly deadlineMs?: number | undefined;
	/**
	 * Cancels the generation. Raised before the stream is first read, reading throws code `aborted` with the signal's
	 * reason as `cause`; raised later, it is no error: the stream ends with finishReason `aborted` and keeps its text.
	 */
	readonly abortSignal?: AbortSignal | undefined;
	/**
	 * How long the first delta may take, in milliseconds from the first read: waiting for the engine and reading the
	 * prompt are in it, being paused is not. After that the generation is cancelled and reading throws code
	 * `first-token-timeout`. At most 2^31 - 1; 0 sets no limit.
	 *
	 * @defaultValue 0
	 */
	readonly firstTokenTimeoutMs?: number | undefined;
	/**
	 * How long the next part may take after the first, in milliseconds during which somebody awaits it: time that the
	 * reader takes for itself does not count, nor does being paused. After that the generation is cancelled and reading throws code
	 * `idle-timeout`; what came before stays, and is in `error.partial`. At most 2^31 - 1; 0 sets no limit.
	 *
	 * @defaultValue 0
	 */
	readonly idleTimeoutMs?: number | undefined;
}
/** A generation once it has ended. */
export interface GenerationResult {
	/** The whole text: every delta joined, those nobody read included. */
	readonly text: string;
	/** What the model thought, joined; `''` where it did not. */
	readonly reasoning: string;
	/** The complete tool calls, in the model's order. One that the end cut off is not among them. */
	readonly toolCalls: readonly ToolCall[];
	/** All of the above as the next message of the conversation. */
	readonly message: AssistantMessage;
	/** How likely each token was, in order; there where `logprobs` was asked for and a token was generated. */
	readonly logProbabilities?: readonly TokenLogProbabilities[];
	/** Why the generation ended. */
	readonly finishReason: FinishReason;
	/** Tokens read and written. */
	readonly usage: Usage;
	/** Where the time went. */
	readonly timings: Timings;
	/** The most that waited for this stream's reader, and how often it was paused because of that. */
	readonly bufferHighWater: BufferHighWater;
}
/** What to describe. All fields are optional, and `undefined` counts as left out. */
export interface InspectModelOptions extends ModelReferenceOptions {
	/**
	 * Tokens of context to estimate memory for; a positive integer.
	 *
	 * @defaultValue what the model was trained for
	 */
	readonly contextLength?: number | undefined;
	/** Rejects with code `aborted` and the signal's reason as `cause`. */
	readonly abortSignal?: AbortSignal | undefined;
}
/**
 * A model, wherever it runs: in this process, behind a remote engine, or as several of them. A program that is written
 * against it changes its model and not its code. What each method promises is said at {@link Model}.
 */
export interface LanguageModel extends AsyncDisposable {
	/** What is known of it; at least its name. */
	readonly info: {
		readonly model: string;
	};
	/** Answers one prompt: the only user message of a conversation. Never throws; reading the stream does. */
	streamPrompt(prompt: string, options?: GenerateOptions): GenerationStream;
	/** Continues a conversation with the model's next answer. Never throws; reading the stream does. */
	streamChat(messages: readonly ChatMessage[], options?: GenerateOptions): GenerationStream;
	/** Runs a whole request given as one value. Never throws; reading the stream does. */
	streamCompletion(request: CompletionRequest): GenerationStream;
	/**
	 * Several answers to one request, each a stream of its own.
	 *
	 * @throws {TramontaneError} `invalid-argument` with the `field` `count`.
	 */
	streamChoices(request: CompletionRequest, count: number): GenerationStream[];
	/** Counts of this moment. What an engine elsewhere does not tell is 0. */
	metrics(): ModelMetrics;
	/** Ends all running streams and frees what the model holds. Any number of times. */
	close(): Promise<void>;
}
/** How to find and load an embedding model. All fields are optional, and `undefined` counts as left out. */
export interface LoadEmbeddingModelOptions extends ModelReferenceOptions, Pick<LoadModelOptions, "device" | "isq" | "dtype" | "threads" | "onProgress" | "abortSignal"> {
	/**
	 * The most tokens a text may have; a positive integer. A text takes four bytes for each pair of its tokens while it is
	 * computed: 256 MB where it has 8,192.
	 *
	 * @defaultValue what the model was trained for, at most 8192
	 */
	readonly contextLength?: number | undefined;
}
/** How to find and load a model. All fields are optional, and `undefined` counts as left out. */
export interface LoadModelOptions extends ModelReferenceOptions {
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
	 * The most streams that may wait to be taken up; one more throws code `queue-full`. A whole number; with 0 a stream is
	 * taken up at once or refused.
	 *
	 * @defaultValue 1024
	 */
	readonly maxQueue?: number | undefined;
	/**
	 * The most memory, in bytes, for what was computed of prompts and replies that are over or wait for their turn. With it
	 * a conversation goes on without computing its beginning again, streams share the engine in slices instead of following
	 * one another, and a long prompt is computed in pieces, between which others get their turn and a cancel takes effect.
	 * 0 keeps nothing. The tokens are the same either way, to the bit on x86-64; on ARM a token that was almost a tie may
	 * now and then be another.
	 *
	 * @defaultValue an eighth of the machine's memory, at most 1 GiB, on the CPU; 0 on other devices
	 */
	readonly prefixCacheBytes?: number | undefined;
	/**
	 * Chat template to use in place of the model's own: Jinja source, or the path of a file that holds it.
	 *
	 * @defaultValue the model's own
	 */
	readonly chatTemplate?: string | undefined;
	/**
	 * How the model marks what it thinks, so that it becomes reasoning and no part of the text: `'think'` (`<think>` and
	 * its like), `'harmony'` (GPT-OSS), `'mistral'` (`[THINK]`), `'none'` for everything as text.
	 *
	 * @defaultValue `'auto'`: what chat template and vocabulary tell
	 */
	readonly reasoningFormat?: ReasoningFormat | undefined;
	/**
	 * How the model writes tool calls, by the family whose way it is: `'hermes'` (Qwen too), `'qwen-coder'`, `'llama3'`,
	 * `'mistral'`, `'deepseek'` (V3, R1), `'deepseek-v3.1'`, `'gemma'` (3), `'function-gemma'` (Gemma 4 too), `'harmony'`
	 * (GPT-OSS); or `'none'` for everything as text.
	 *
	 * @defaultValue `'auto'`: what chat template and vocabulary tell
	 */
	readonly toolCallFormat?: ToolCallFormat | undefined;
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
/**
 * How likely tokens were, where `logprobs` asks for it. It comes before the delta that the tokens' text is in, and one
 * for the token that ended the answer at the end: all of a stream joined have each token once, in order.
 */
export interface LogProbabilitiesPart {
	readonly type: "log-probabilities";
	readonly tokens: readonly TokenLogProbabilities[];
}
/** How a member of a pool is doing. */
export interface MemberHealth {
	/** Its model's name. */
	readonly model: string;
	/**
	 * - `healthy`: it takes streams.
	 * - `resting`: it has failed, and is left alone for a while.
	 * - `probing`: it has rested, and takes one stream to show whether it is well.
	 */
	readonly state: "healthy" | "resting" | "probing";
	/** Streams that it works on for this pool. */
	readonly outstanding: number;
	/** How often in a row it has failed. */
	readonly failures: number;
	/** For how long it rests, in milliseconds. */
	readonly restMs: number;
}
/** What a model would take, give or take what the engine needs while it computes. */
export interface MemoryEstimate {
	/** The tokens of context that are counted on. */
	readonly contextLength: number;
	/** The weights, as they are held for computing. */
	readonly weightBytes: number;
	/** Keys and values of a context that is full. */
	readonly contextBytes: number;
	readonly totalBytes: number;
}
/** A conversation, rendered by the model's chat template. */
export interface MessagesPrompt {
	/** At least one message. */
	readonly messages: readonly ChatMessage[];
	readonly prompt?: undefined;
	readonly tokens?: undefined;
}
/** What a model is, as its files tell without its weights. What they do not tell is `null`. */
export interface ModelDescription {
	/** The name that was passed. */
	readonly model: string;
	/** Whether it generates text, or turns texts into vectors. */
	readonly kind: "text" | "embedding";
	/** The kind of its files. */
	readonly format: "gguf" | "safetensors" | "uqff";
	/** What `loadModel` can be given in place of the name: a file, or the folder. */
	readonly path: string;
	readonly files: readonly ModelFile[];
	/** Bytes of these files. */
	readonly bytes: number;
	/** What the model calls itself. */
	readonly name: string | null;
	/** Its architecture, as the files name it: `llama`, `Qwen3ForCausalLM`. */
	readonly architecture: string | null;
	/** How many weights it has; 0 for UQFF, which does not tell. */
	readonly parameterCount: number;
	/** The type of most weights: `Q4_K`, `BF16`; or how they are quantised: `gptq`. */
	readonly quantization: string | null;
	/** What there is of each type, most bytes first. */
	readonly tensorTypes: readonly TensorTypeCount[];
	/** The context length the model was trained for. */
	readonly contextLength: number | null;
	/** Numbers that stand for a token between layers. */
	readonly embeddingWidth: number | null;
	readonly layerCount: number | null;
	readonly headCount: number | null;
	readonly keyValueHeadCount: number | null;
	/** Experts of a mixture; 0 for a dense model. */
	readonly expertCount: number;
	readonly vocabularySize: number | null;
	/** The kind of its tokenizer: `bpe`, `sentencepiece`, `unigram`, `wordpiece`. */
	readonly tokenizer: string | null;
	/** Its chat template, as Jinja source. */
	readonly chatTemplate: string | null;
	/** Whether it can be loaded: by `loadModel`, or by `loadEmbeddingModel` where `kind` says so. */
	readonly runnable: boolean;
	/** Why it cannot be loaded. */
	readonly problem: ModelProblem | null;
	/** Memory that it would take on the CPU, not quantised any further. */
	readonly memory: MemoryEstimate | null;
}
/** A file of a model. */
export interface ModelFile {
	readonly path: string;
	readonly bytes: number;
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
/**
 * What a model is doing now, and has done since it was loaded. `openTelemetryMetrics` gives the same under names that a
 * collector can take.
 */
export interface ModelMetrics {
	/** Generations that the engine works on, at this moment or in turn with others. */
	readonly liveSequences: number;
	/** Generations waiting to begin. */
	readonly queuedSequences: number;
	/** Generations that are paused, and cost the engine nothing. */
	readonly parkedSequences: number;
	/** Generations ever started. */
	readonly totalSequences: number;
	/** Generations that came to their end by themselves. */
	readonly finishedSequences: number;
	/** Generations that ended with an error. */
	readonly failedSequences: number;
	/** Generations that were cancelled. */
	readonly abortedSequences: number;
	/** Tokens of all prompts that the engine has taken up. */
	readonly inputTokens: number;
	/** Those of `inputTokens` that were still known from earlier, and not computed again. */
	readonly cachedTokens: number;
	/**
	 * Tokens computed before there was a next one to choose: of prompts, and again of what had not stayed in memory while
	 * others had their turn. Many more than `inputTokens - cachedTokens` say that a larger `prefixCacheBytes` would help.
	 */
	readonly prefillTokens: number;
	/** Tokens ever generated. */
	readonly generatedTokens: number;
	/** How often the engine woke JavaScript; far below `generatedTokens` under load. */
	readonly bellsRung: number;
	/** Parts made but not yet handed to JavaScript. */
	readonly unreadParts: number;
}
/** What is wrong with a model, with the code that loading it would throw. */
export interface ModelProblem {
	readonly code: ErrorCode;
	readonly message: string;
}
/** Where to look for a model, and which of several. All fields are optional, and `undefined` counts as left out. */
export interface ModelReferenceOptions {
	/**
	 * Which file to take where the repository or folder holds several models: its name, or the quantisation that its name has
	 * (`'Q4_K_M'`).
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
}
/** What {@link GenerationStream.toNodeReadable} gives. */
export interface NodeReadableOptions {
	/**
	 * `text` for the text, as strings; `parts` for the parts, in object mode.
	 *
	 * @defaultValue `'text'`
	 */
	readonly format?: "text" | "parts" | undefined;
}
/** One event of OpenAI's streaming chat completions. */
export interface OpenAIChatChunk {
	/** The same for all chunks of a completion. */
	readonly id: string;
	readonly object: "chat.completion.chunk";
	/** When the completion began, in seconds since 1970. The same for all chunks. */
	readonly created: number;
	readonly model: string;
	/** One choice; none in the chunk with the usage. */
	readonly choices: readonly OpenAIChatChunkChoice[];
	/** With `includeUsage` only: `null`, but in the last chunk. */
	readonly usage?: OpenAIUsage | null;
}
/** What a chunk adds to the completion. */
export interface OpenAIChatChunkChoice {
	readonly index: 0;
	readonly delta: OpenAIChatDelta;
	/** Why the completion ended, once; `length` also for one that was cancelled. */
	readonly finish_reason: "stop" | "length" | "tool_calls" | null;
	/**
	 * How likely the tokens of this chunk were, where the request asks for `logprobs`. Those of tokens without text, such
	 * as the one that ended the answer, are in the chunk with the finish reason.
	 */
	readonly logprobs?: {
		readonly content: readonly OpenAITokenLogprob[];
	};
}
/** Pieces of the message. */
export interface OpenAIChatDelta {
	/** In the first chunk only. */
	readonly role?: "assistant";
	readonly content?: string;
	/** Not of OpenAI itself, but what other servers call it. */
	readonly reasoning_content?: string;
	readonly tool_calls?: readonly OpenAIToolCallDelta[];
}
/** What the chunks of {@link GenerationStream.toOpenAIChunks} say besides the generation. */
export interface OpenAIChunkOptions {
	/**
	 * The completion's id.
	 *
	 * @defaultValue a new one
	 */
	readonly id?: string | undefined;
	/**
	 * The model's name.
	 *
	 * @defaultValue the name it was loaded by
	 */
	readonly model?: string | undefined;
	/**
	 * When the completion began, in seconds since 1970.
	 *
	 * @defaultValue now
	 */
	readonly created?: number | undefined;
	/**
	 * Whether a last chunk tells the tokens used, as OpenAI's `stream_options.include_usage` asks for.
	 *
	 * @defaultValue false
	 */
	readonly includeUsage?: boolean | undefined;
}
/** A token that was chosen, and those that were the likeliest in its place. */
export interface OpenAITokenLogprob extends OpenAITopLogprob {
	readonly top_logprobs: readonly OpenAITopLogprob[];
}
/** A piece of a tool call. */
export interface OpenAIToolCallDelta {
	/** Which call it is a piece of: 0, 1, 2, … in the order in which they begin. */
	readonly index: number;
	/** With the first piece only, as `type` and the function's name are. */
	readonly id?: string;
	readonly type?: "function";
	readonly function: {
		readonly name?: string;
		readonly arguments: string;
	};
}
/** A token and the natural logarithm of its probability. */
export interface OpenAITopLogprob {
	readonly token: string;
	readonly logprob: number;
	/** The token as UTF-8; `null` where it has only a part of a character. */
	readonly bytes: readonly number[] | null;
}
/** Tokens, as OpenAI counts them. */
export interface OpenAIUsage {
	readonly prompt_tokens: number;
	readonly completion_tokens: number;
	readonly total_tokens: number;
	/** Those of the prompt that were still known from earlier. */
	readonly prompt_tokens_details: {
		readonly cached_tokens: number;
	};
}
/** One value of a metric, as OpenTelemetry's instruments observe it. */
export interface OpenTelemetryMetric {
	/** The instrument's name; several values that differ in their attributes share one. */
	readonly name: string;
	/** `counter` only grows; `up-down-counter` is a count of this moment. */
	readonly kind: "counter" | "up-down-counter";
	/** The unit, in UCUM's notation. */
	readonly unit: string;
	readonly description: string;
	readonly value: number;
	readonly attributes: Readonly<Record<string, string>>;
}
/** What a generation had produced when it failed; of an agent's run, what its last round had. */
export interface PartialGeneration {
	/** Every delta delivered before the failure, joined. */
	readonly text: string;
	/** What the model had thought, joined; `''` where it had not. */
	readonly reasoning: string;
	/** The tool calls that were complete. */
	readonly toolCalls: readonly ToolCall[];
	/**
	 * Tokens read and written until the failure. All zero where the engine was not there to count them: after a timeout,
	 * and with code `buffer-full`.
	 */
	readonly usage: Usage;
	/** Where the time went until the failure. All zero where the engine was not there to tell. */
	readonly timings: Timings;
	/** Of an agent's run: what it had added to the conversation, ready to be appended to the history. */
	readonly messages?: readonly ChatMessage[];
}
/** How several models stand behind one. `undefined` counts as left out. */
export interface PoolOptions {
	/**
	 * How long the first part of an answer may take, in milliseconds from the first read, before a second member is asked
	 * too. Whichever gives the first part is the one that answers, and the other is cancelled. 0 asks no second one.
	 *
	 * @defaultValue 0
	 */
	readonly hedgeAfterMs?: number | undefined;
}
/** How {@link printStream} prints. */
export interface PrintOptions {
	/**
	 * Whether to print what the model thinks as well; an empty line parts it from the answer.
	 *
	 * @defaultValue false
	 */
	readonly reasoning?: boolean | undefined;
}
/** What can be printed: any stream of parts that can tell what it came to. */
export interface PrintableStream {
	[Symbol.asyncIterator](): AsyncIterator<AnyStreamPart, undefined>;
	result(): Promise<GenerationResult>;
}
/**
 * What a remote engine gave with a message and wants to see again with it: signatures and ids of its reasoning, without
 * which some refuse a conversation that goes on after a tool call. Pass it back as it is; other engines ignore it.
 */
export interface ProviderData {
	/** The protocol that it belongs to, such as `anthropic`. */
	readonly dialect: string;
	/** A JSON value that only that protocol understands. */
	readonly data: unknown;
}
/**
 * What a remote engine wants to see again with the message, and only it understands: signatures of its reasoning, mostly.
 * It ends up in the message's `providerData`, and goes back with it.
 */
export interface ProviderDataPart extends ProviderData {
	readonly type: "provider-data";
}
/** A piece of what the model thinks before and between its answer. It is no part of the answer's text. */
export interface ReasoningDeltaPart {
	readonly type: "reasoning-delta";
	/** Text that follows the previous reasoning delta directly. */
	readonly delta: string;
}
/** How {@link recordStream} records. */
export interface RecordOptions {
	/**
	 * Whether the request is written too: prompt or messages, and how to generate. It holds no access tokens, but whatever
	 * the messages hold.
	 *
	 * @defaultValue true
	 */
	readonly includeRequest?: boolean | undefined;
	/**
	 * Gives the time in milliseconds; a clock of one's own makes recordings that are the same each time.
	 *
	 * @defaultValue `performance.now`
	 */
	readonly now?: (() => number) | undefined;
}
/** What is known of a model behind a connection. */
export interface RemoteInfo {
	/** Its name, as the server has it. */
	readonly model: string;
	/** Who serves it; `null` where only the protocol was said. */
	readonly provider: string | null;
	readonly dialect: DialectName;
	/** Where the API begins, without a query. */
	readonly baseUrl: string;
}
/** A model that a remote engine offers. */
export interface RemoteModelInfo {
	/** The name to connect by. */
	readonly model: string;
	/** The name to show, where the server has one besides. */
	readonly displayName?: string | undefined;
	/** The most tokens a prompt and its answer may have together, where the server tells. */
	readonly contextLength?: number | undefined;
	/** Who made or serves it, where the server tells. */
	readonly ownedBy?: string | undefined;
}
/** What to remove from which cache. */
export interface RemoveCachedModelOptions extends CachedModelOptions {
	/**
	 * Only this branch, tag or commit; what other revisions share with it stays.
	 *
	 * @defaultValue all there is of the repository
	 */
	readonly revision?: string | undefined;
}
/** What was removed from a cache. */
export interface RemovedModel {
	/** The name that was passed. */
	readonly model: string;
	/** The commits that are gone. */
	readonly commits: readonly string[];
	readonly freedBytes: number;
}
/** A request's prompt as the model gets it. */
export interface RenderedPrompt {
	/** As text: the chat template, rendered. */
	readonly text: string;
	/** As tokens. */
	readonly tokens: readonly number[];
	/** Messages that `contextOverflow: 'truncate-oldest'` has left out. */
	readonly droppedMessages: number;
}
/** How {@link replayStream} replays. */
export interface ReplayOptions extends BufferOptions {
	/**
	 * How fast: as it was recorded, all at once, or so many times as fast.
	 *
	 * @defaultValue `'recorded'`
	 */
	readonly speed?: "recorded" | "instant" | number | undefined;
	/** Cancels, as that of a request does. */
	readonly abortSignal?: AbortSignal | undefined;
	/** As that of a request. */
	readonly firstTokenTimeoutMs?: number | undefined;
	/** As that of a request. */
	readonly idleTimeoutMs?: number | undefined;
}
/** What is different in one round. Fields that are left out are as in the run's options. */
export interface RoundChanges extends Omit<GenerateOptions, "abortSignal" | "tools"> {
	/** What the model is shown in place of the whole conversation, for instance a shorter one. It counts for this round only. */
	readonly messages?: readonly ChatMessage[] | undefined;
	/** The names of the tools that the model may ask for in this round; none where it is empty. */
	readonly activeTools?: readonly string[] | undefined;
}
/** A round is over: one answer of the model, and the results of the tools that it asked for. */
export interface RoundFinishPart {
	readonly type: "round-finish";
	/** Which one, from 0. */
	readonly round: number;
	/** Why the model's answer ended: `tool-calls` where another round may follow. */
	readonly finishReason: FinishReason;
	/** Tokens of this round. */
	readonly usage: Usage;
	/** Where the time of the model's answer went; its tools are not in it. */
	readonly timings: Timings;
	/** As the result of the model's own stream has it. */
	readonly bufferHighWater: BufferHighWater;
}
/** A round that is about to begin. */
export interface RoundStart {
	/** Which one, from 0. */
	readonly round: number;
	/** The whole conversation: what the run began with, and what was added since. Not to be changed. */
	readonly messages: readonly ChatMessage[];
	/** Tokens of the run so far. */
	readonly usage: Usage;
	/** Raised when the run is cancelled; nobody waits for the answer any more then. */
	readonly abortSignal: AbortSignal;
}
/**
 * How each token is chosen. All fields are optional, and `undefined` counts as left out.
 *
 * They are applied in this order: `forcedTokens`; the grammar; `bannedTokens` and `logitBias`; the repetition, frequency
 * and presence penalties; `dry`; `temperature`; `topK`; `topP`; `minP`; and one draw among what is left.
 */
export interface SamplingOptions {
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
	 * Choose among the likeliest tokens that together have this probability, from 1e-9 to 1; 1 sets no such limit.
	 *
	 * @defaultValue 1
	 */
	readonly topP?: number | undefined;
	/**
	 * Choose among tokens that are at least this times as probable as the likeliest one, from 0 to 1; 0 sets no such limit.
	 *
	 * @defaultValue 0
	 */
	readonly minP?: number | undefined;
	/**
	 * Makes tokens less likely that the prompt or the answer so far has: their logits are divided by it where they are
	 * positive, and multiplied by it where they are negative. From 1e-9 to 100; 1 does nothing, below 1 repeats more. As in
	 * Hugging Face's transformers, everything so far counts (Keskar et al. 2019, "CTRL").
	 *
	 * @defaultValue 1
	 */
	readonly repetitionPenalty?: number | undefined;
	/**
	 * Taken off a token's logit once for every time that the answer so far has it, from -2 to 2; below 0 repeats more. As
	 * in OpenAI's API, the prompt does not count.
	 *
	 * @defaultValue 0
	 */
	readonly frequencyPenalty?: number | undefined;
	/**
	 * Taken off a token's logit once if the answer so far has it, from -2 to 2; below 0 repeats more. As in OpenAI's API,
	 * the prompt does not count.
	 *
	 * @defaultValue 0
	 */
	readonly presencePenalty?: number | undefined;
	/**
	 * Against an answer that says whole passages again: DRY, "don't repeat yourself".
	 *
	 * @defaultValue off
	 */
	readonly dry?: DryOptions | undefined;
	/**
	 * Added to the logits of single tokens: numbers from -100 to 100 by token id, at most 10,000.
	 *
	 * @defaultValue none
	 * @example { logitBias: { 198: -5 } }
	 */
	readonly logitBias?: Readonly<Record<number, number>> | undefined;
	/**
	 * Ids of tokens that are never chosen, at most 10,000. Without the tokens that end an answer, only `maxOutputTokens` or
	 * the context ends it.
	 *
	 * @defaultValue none
	 */
	readonly bannedTokens?: readonly number[] | undefined;
	/**
	 * Ids of tokens that the answer begins with, one after another, whatever the model would choose; at most 10,000. They
	 * are part of the answer in every way: they are delivered and count as output, and a grammar must allow them.
	 *
	 * @defaultValue none
	 */
	readonly forcedTokens?: readonly number[] | undefined;
	/**
	 * Reports how likely each token was, in `log-probabilities` parts and in the result's `logProbabilities`, with so many
	 * of the likeliest alternatives: an integer from 0 to 20. Logarithms are natural, and of the model's own distribution,
	 * before any other setting, as in OpenAI's API.
	 *
	 * @defaultValue nothing is reported
	 */
	readonly logprobs?: number | undefined;
	/**
	 * Makes the choice repeatable: the same request with the same seed gives the same tokens from the same model on the
	 * same machine, whatever else is running, and however often the stream is paused. An integer from 0 to 2^53 - 1.
	 *
	 * @defaultValue another one each time
	 */
	readonly seed?: number | undefined;
}
/**
 * What a schema of any library has to offer to be read here: Standard Schema, version 1 (https://standardschema.dev), as
 * zod, valibot, arktype and others implement it.
 */
export interface StandardSchema {
	readonly "~standard": {
		readonly version: 1;
		/** The library's name. */
		readonly vendor: string;
		readonly validate: (value: unknown) => StandardSchemaResult | Promise<StandardSchemaResult>;
		/** There for TypeScript only. */
		readonly types?: {
			readonly input: unknown;
			readonly output: unknown;
		} | undefined;
		/** Standard JSON Schema, where the library has it. */
		readonly jsonSchema?: {
			readonly input: (options: {
				readonly target: string;
			}) => Record<string, unknown>;
		} | undefined;
	};
}
/** Something that a schema finds wrong. */
export interface StandardSchemaIssue {
	readonly message: string;
	/** Where it is. */
	readonly path?: readonly (PropertyKey | {
		readonly key: PropertyKey;
	})[] | undefined;
}
/** How {@link GenerationStream.toResponse} answers. The options for chunks are for the format `openai-sse`. */
export interface StreamResponseOptions extends OpenAIChunkOptions {
	/**
	 * What the body is:
	 * - `text`: the text alone, as plain UTF-8. An error breaks the body off.
	 * - `sse`: server-sent events, the JSON of a part each. An error is a last event, with `type` `error`.
	 * - `openai-sse`: server-sent events as OpenAI's chat completions stream them, ending with `[DONE]`. An error is a
	 *   last event, `{"error": …}`, without `[DONE]`.
	 *
	 * @defaultValue `'text'`
	 */
	readonly format?: "text" | "sse" | "openai-sse" | undefined;
	/** Headers to add, or to have in place of those of the format. */
	readonly headers?: ConstructorParameters<typeof Headers>[0] | undefined;
	/** @defaultValue 200 */
	readonly status?: number | undefined;
}
/** Instructions for the model. */
export interface SystemMessage {
	readonly role: "system";
	readonly content: string;
}
/** Tensors of one type, added up. */
export interface TensorTypeCount {
	/** `Q4_K`, `BF16`. */
	readonly type: string;
	readonly tensors: number;
	/** Numbers in them. */
	readonly parameters: number;
	readonly bytes: number;
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
	/**
	 * Being paused, by `pause()` or because the reader was slow; 0 where it never was. In none of the other times but
	 * `firstTokenMs` and `totalMs`.
	 */
	readonly pausedMs: number;
	/** From the cancel to the end; `null` where the stream was not cancelled. */
	readonly stopMs: number | null;
	/** Tokens per second while decoding; `null` when too few were generated to tell. */
	readonly tokensPerSecond: number | null;
}
/** What a request comes to before it is run. */
export interface TokenCount {
	/** Tokens of the prompt, after the chat template, and after what `contextOverflow` leaves out. */
	readonly inputTokens: number;
	/** Messages that `contextOverflow: 'truncate-oldest'` leaves out. */
	readonly droppedMessages: number;
}
/** A token that was chosen, and those that the model held to be the likeliest in its place. */
export interface TokenLogProbabilities extends TokenLogProbability {
	/** As many as `logprobs` asks for, the likeliest first; the chosen token is among them where it belongs there. */
	readonly alternatives: readonly TokenLogProbability[];
}
/** A token, and how likely the model held it to be in its place. */
export interface TokenLogProbability {
	/** The token's id in the model's vocabulary; -1 where a remote engine does not tell it. */
	readonly tokenId: number;
	/** The token alone, decoded; U+FFFD in place of characters that it has only a part of. */
	readonly text: string;
	/**
	 * The natural logarithm of its probability under the model's own distribution, before temperature, penalties, biases
	 * and grammars: at most 0; at least -9999, which stands for everything below.
	 */
	readonly logProbability: number;
}
/** How a text becomes tokens. */
export interface TokenizeOptions {
	/**
	 * Whether the tokens are put there with which the model wants a text to begin or end.
	 *
	 * @defaultValue false
	 */
	readonly addSpecialTokens?: boolean | undefined;
}
/** Token ids of the model's own vocabulary, fed as they are: nothing is added before or after. */
export interface TokensPrompt {
	/** At least one id; each an integer below `model.info.vocabularySize`. */
	readonly tokens: readonly number[];
	readonly prompt?: undefined;
	readonly messages?: undefined;
}
/** A complete request to run a tool. Answer it with a `tool` message that has its `toolCallId`. */
export interface ToolCall {
	/** The call's own name, to send back with the tool's result. Empty where the source gave none. */
	readonly toolCallId: string;
	/** The tool that is asked for. */
	readonly toolName: string;
	/** The arguments, parsed; `undefined` where the model wrote no valid JSON. Not checked against the tool's schema. */
	readonly input: unknown;
	/** The arguments as the model wrote them. */
	readonly inputText: string;
}
/** A piece of a tool call's arguments. */
export interface ToolCallDeltaPart {
	readonly type: "tool-call-delta";
	/** The call it belongs to, as in its `tool-call-start`. */
	readonly index: number;
	/** The call it belongs to; empty where the source names it only at the start. */
	readonly toolCallId: string;
	/** A fragment of the arguments' JSON; on its own it is no JSON. */
	readonly delta: string;
}
/** A complete tool call. Only now may the tool be run. */
export interface ToolCallPart {
	readonly type: "tool-call";
	/** The call it completes, as in its `tool-call-start`, where there was one. */
	readonly index: number;
	readonly toolCallId: string;
	readonly toolName: string;
	/** The arguments, parsed; `undefined` where the model wrote no valid JSON. Not checked against the tool's schema. */
	readonly input: unknown;
	/** The arguments as the model wrote them. */
	readonly inputText: string;
}
/** A call that is about to be run. */
export interface ToolCallRequest {
	readonly toolCallId: string;
	readonly toolName: string;
	/** The arguments as the model wrote them, parsed; the tool's schema accepts them. */
	readonly input: unknown;
	/** The round it belongs to, from 0. */
	readonly round: number;
	/** The conversation so far; the last message is the model's, which asks for this call. Not to be changed. */
	readonly messages: readonly ChatMessage[];
	/** Raised when the run is cancelled; nobody waits for the decision any more then. */
	readonly abortSignal: AbortSignal;
}
/** The model begins to ask for a tool. Its arguments follow as `tool-call-delta` parts. */
export interface ToolCallStartPart {
	readonly type: "tool-call-start";
	/** Which of the calls that are being written this is, from 0. */
	readonly index: number;
	/** The call's own name, to send back with the tool's result. */
	readonly toolCallId: string;
	/** The tool that is asked for. */
	readonly toolName: string;
}
/** A tool is being called. */
export interface ToolCallingPart extends ToolProgress {
	readonly phase: "calling";
	/** What it is called with, which `onToolCall` may have changed; not yet what its schema has made of it. */
	readonly input: unknown;
}
/** A tool is through; its `tool-result` follows. */
export interface ToolCompletePart extends ToolProgress {
	readonly phase: "complete";
	/** Whether it has failed or has taken too long. */
	readonly isError: boolean;
	/** How long it took, in milliseconds. */
	readonly durationMs: number;
}
/** What a tool is told besides its input. */
export interface ToolContext {
	/**
	 * Raised when the run is cancelled and when the tool's time is up. Nobody waits for the tool any more then; pass it on
	 * to whatever should stop.
	 */
	readonly abortSignal: AbortSignal;
	/** The call's own name. */
	readonly toolCallId: string;
	/** The round it belongs to, from 0. */
	readonly round: number;
	/** The conversation so far; the last message is the model's, which asks for this call. Not to be changed. */
	readonly messages: readonly ChatMessage[];
}
/** A tool that the model may ask for. It is never run here: the caller runs it, and answers with a `tool` message. */
export interface ToolDefinition {
	/** 1 to 64 letters, digits, underscores and hyphens; each tool has its own. */
	readonly name: string;
	/** What it is for and when to use it, for the model. */
	readonly description?: string | undefined;
	/**
	 * What its arguments look like: a JSON schema, usually of type `object`. It must be a plain JSON value, at most 64
	 * levels deep.
	 */
	readonly inputSchema: object;
}
/** What a tool has answered. */
export interface ToolMessage {
	readonly role: "tool";
	/** The call that it answers. */
	readonly toolCallId: string;
	/** The tool that it comes from. Some chat templates need it. */
	readonly toolName?: string | undefined;
	/** The answer, as text; JSON where it is a value. */
	readonly content: string;
}
/** Tools in a request. All fields are optional, and `undefined` counts as left out. */
export interface ToolOptions {
	/**
	 * The tools that the model may ask for, at most 128. For conversations only, since the chat template shows them to the
	 * model.
	 *
	 * @defaultValue none
	 */
	readonly tools?: readonly ToolDefinition[] | undefined;
	/**
	 * Whether the model may, must or must not call one. `'required'` and a tool by name hold the answer to a grammar, so
	 * they exclude `grammar` and a `responseFormat` of JSON.
	 *
	 * @defaultValue `'auto'`
	 */
	readonly toolChoice?: ToolChoice | undefined;
}
export interface ToolProgress {
	readonly type: "tool-progress";
	readonly toolCallId: string;
	readonly toolName: string;
	/** The round it belongs to, from 0. */
	readonly round: number;
}
/** What the model is told in answer to one of its calls. Results come as they are known, and go back in the calls' order. */
export interface ToolResultPart {
	readonly type: "tool-result";
	readonly toolCallId: string;
	readonly toolName: string;
	/** The round it belongs to, from 0. */
	readonly round: number;
	/** Which of the round's calls it answers, from 0. */
	readonly index: number;
	/** What the tool has returned; the text of the error where it has failed. */
	readonly output: unknown;
	/** What the model is told: the output where it is text, as JSON otherwise, or what went wrong. */
	readonly content: string;
	/** Whether the model is told of an error. */
	readonly isError: boolean;
	/** Why, where it is one. A tool that reports an error of its own, as those of MCP servers do, has `failed`. */
	readonly failure?: ToolFailure;
}
/** A tool has yielded something on its way. */
export interface ToolRunningPart extends ToolProgress {
	readonly phase: "running";
	/** What it has yielded. */
	readonly value: unknown;
}
/** A tool, as it is written down. */
export interface ToolSpec<Schema extends StandardSchema | object> {
	/** 1 to 64 letters, digits, underscores and hyphens; each tool of an agent has its own. */
	readonly name: string;
	/** What it is for and when to use it, for the model. */
	readonly description?: string | undefined;
	/**
	 * What its input looks like: a schema of zod (from 4.2), arktype, or another library with Standard JSON Schema; of
	 * valibot, wrapped by `toStandardJsonSchema` of `@valibot/to-json-schema`; or a JSON schema as a plain object. Usually
	 * of type `object`.
	 *
	 * The input is validated by it before `execute`, which gets what the schema makes of it. What it refuses is answered by
	 * an error that names the path, so that the model can try again. Of a plain JSON schema the keywords that say types,
	 * properties, items, enumerations and ranges are checked, others are for the model only.
	 */
	readonly inputSchema: Schema;
	/**
	 * The JSON schema that the model is shown, where the library of `inputSchema` cannot tell it.
	 *
	 * @defaultValue what `inputSchema` says
	 */
	readonly jsonSchema?: object | undefined;
	/**
	 * How long it may take, in milliseconds. Then its signal is raised, nobody waits for it any more, and the model is told.
	 * At most 2^31 - 1; 0 sets no limit.
	 *
	 * @defaultValue the agent's `toolTimeoutMs`
	 */
	readonly timeoutMs?: number | undefined;
	/**
	 * Runs it. What it returns, or resolves to, goes back to the model: text as it is, any other value as JSON. What it
	 * throws goes back too, by its message, as an error: the run goes on.
	 *
	 * An async generator shows its progress: what it yields becomes parts of phase `running`, and what it returns is the
	 * result; the last value yielded, where that is `undefined`.
	 *
	 * Without it the run ends where the model calls the tool, and the call is left to the caller.
	 */
	execute?(input: ToolInput<Schema>, context: ToolContext): unknown;
}
/** What a {@link TramontaneError} carries besides its code and message. */
export interface TramontaneErrorDetails {
	/** The option or request field at fault. */
	readonly field?: string | undefined;
	/** The file at fault. */
	readonly file?: string | undefined;
	/** How long to wait before trying again. */
	readonly retryAfterMs?: number | undefined;
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
	/**
	 * Those of `inputTokens` that were still known from earlier when the stream was taken up, and not computed again;
	 * 0 where nobody could tell.
	 */
	readonly cachedInputTokens: number;
}
/** What the user says. */
export interface UserMessage {
	readonly role: "user";
	readonly content: string;
}
/**
 * What an agent's run yields, told apart by `type`. Each round has the parts of the model's answer, then progress and
 * results of the tools that it asked for, then `round-finish`; the last part of all is `finish`.
 *
 * Later versions may add types: a `switch` over `type` should let unknown ones pass.
 */
export type AgentPart = Exclude<StreamPart, FinishPart> | ToolProgressPart | ToolResultPart | RoundFinishPart | AgentFinishPart;
/**
 * The stream of an agent's run: a {@link GenerationStream} with the parts and the result of all rounds. Its text views
 * have the text of every round.
 */
export type AgentStream = GenerationStream<AgentPart, AgentResult>;
/** A part of any stream. */
export type AnyStreamPart = StreamPart | AgentPart;
/**
 * What happens when more parts wait for a stream's reader than its budget allows.
 *
 * - `pause`: the generation is paused, its sequence freed, and goes on once half of the budget is free again. Parts that
 *   were on their way are kept, so that somewhat more than the budget may wait. No other stream is slowed down.
 * - `buffer`: everything is kept, up to the whole answer.
 * - `error`: the generation is cancelled, and reading throws code `buffer-full` after the parts that wait.
 */
export type BufferPolicy = "pause" | "buffer" | "error";
/**
 * One turn of a conversation, told apart by `role`: `system` gives instructions, `user` asks, `assistant` is the model,
 * and `tool` is what a tool has answered. Properties other than these are not looked at. A lone surrogate in a text (half
 * of a character cut in two) is read as U+FFFD.
 */
export type ChatMessage = SystemMessage | UserMessage | AssistantTurn | ToolMessage;
/** Who speaks in a {@link ChatMessage}. */
export type ChatRole = ChatMessage["role"];
/** What validating a tool's input comes to: what to execute it with, or what is wrong. */
export type CheckedToolInput<Input = unknown> = {
	readonly value: Input;
} | {
	readonly problem: string;
};
/** A whole request as one value: exactly one of `prompt`, `messages` and `tokens`, and how to generate. */
export type CompletionRequest = GenerateOptions & (TextPrompt | MessagesPrompt | TokensPrompt);
/** The protocols of remote engines that are spoken here. */
export type DialectName = "openai-chat" | "openai-responses" | "anthropic" | "gemini" | "ollama";
/**
 * What went wrong, as a stable word to branch on. Messages may change between versions, codes do not.
 *
 * - `invalid-argument`: a value you passed cannot be used; `error.field` names it.
 * - `model-not-found`: no such file, folder or hub repository, or no model in it.
 * - `invalid-model`: the model's files are damaged or contradict each other; `error.file` names the one at fault.
 * - `unsupported-model`: the files are sound, but the engine does not know the architecture or quantisation.
 * - `unsupported-device`: the device does not exist here, or this build cannot use it.
 * - `download-failed`: the hub could not be reached, refused, or sent something else than was asked for.
 * - `model-busy`: the model is being downloaded at this moment, so it is not removed; try again when that is over.
 * - `cache-failed`: a file of the cache could not be deleted; `error.file` names it.
 * - `no-chat-template`: messages were passed to a model that has no chat template.
 * - `context-overflow`: the prompt does not fit the context.
 * - `queue-full`: as many streams wait already as the model's `maxQueue` allows; `error.retryAfterMs` says when to come back.
 * - `deadline-exceeded`: the stream was not taken up within its `deadlineMs`.
 * - `aborted`: the `abortSignal` was raised before there was anything to keep; `error.cause` is its reason.
 * - `closed`: the model was closed.
 * - `engine-failed`: the engine failed while loading or generating.
 * - `native-unavailable`: there is no native library for this machine, or it could not be loaded.
 * - `first-token-timeout`: nothing was generated within `firstTokenTimeoutMs`.
 * - `idle-timeout`: nothing followed the last part within `idleTimeoutMs`.
 * - `buffer-full`: the reader was too slow for the stream's budget, and its `bufferPolicy` is `error`.
 * - `connection-failed`: a remote engine could not be reached, or sent nothing before the connection ended.
 * - `connection-lost`: the connection to a remote engine broke off in the middle of an answer.
 * - `unauthorized`: a remote engine refused the key, or there is none.
 * - `rate-limited`: a remote engine takes no more requests for now; `error.retryAfterMs` says when to come back, where it
 *   told.
 * - `remote-failed`: a remote engine failed, or what it sent could not be read.
 * - `callback-failed`: a function that you passed threw, or gave something that cannot be used; `error.field` names it,
 *   and `error.cause` is what it threw.
 * - `stream-gone`: events of a resumable stream were asked for that are not kept any more.
 *
 * From `first-token-timeout` on they are found out in JavaScript: the engine's own list of codes does not have them.
 */
export type ErrorCode = "invalid-argument" | "model-not-found" | "invalid-model" | "unsupported-model" | "unsupported-device" | "download-failed" | "model-busy" | "cache-failed" | "no-chat-template" | "context-overflow" | "queue-full" | "deadline-exceeded" | "aborted" | "closed" | "engine-failed" | "native-unavailable" | "first-token-timeout" | "idle-timeout" | "buffer-full" | "connection-failed" | "connection-lost" | "unauthorized" | "rate-limited" | "remote-failed" | "callback-failed" | "stream-gone";
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
/**
 * What an answer has to follow, from its first token to its last: tokens that would break it are never chosen.
 *
 * - `json-schema`: JSON that the schema allows. `true` stands for any JSON value.
 * - `regex`: a regular expression that the whole answer matches, in the syntax of Rust's regex crate, without look-around
 *   and back-references; `\d` and `\w` are ASCII's, as in JavaScript. Anchors may only stand at its ends. At most 16 KiB.
 * - `lark`: a grammar in llguidance's variant of Lark, which begins with the rule `start`. At most 64 KiB.
 *
 * A schema must be a plain JSON value, at most 64 levels deep and of at most 10,000 values. What none of them can bound
 * is the answer's length: `maxOutputTokens` may cut it before it is complete, which finishReason `length` says.
 */
export type Grammar = {
	readonly type: "json-schema";
	readonly schema: object | boolean;
} | {
	readonly type: "regex";
	readonly pattern: string;
} | {
	readonly type: "lark";
	readonly source: string;
};
/** Where to compute. */
export type LoadDevice = "auto" | "cpu" | "cuda" | `cuda:${number}` | "metal";
/** How a model marks what it thinks. */
export type ReasoningFormat = "auto" | "none" | "think" | "harmony" | "mistral";
/** What {@link recordStream} writes to besides files: a function that is given each line, its line break included. */
export type RecordingSink = (line: string) => unknown;
/** The form of an answer: text, or JSON that a schema allows; without a schema, any JSON object. */
export type ResponseFormat = {
	readonly type: "text";
} | {
	readonly type: "json";
	readonly schema?: object | boolean | undefined;
};
/**
 * Why an agent's run ended.
 *
 * - `model`: the model's answer asked for no tool; `finishReason` says how that answer ended.
 * - `max-rounds`: there have been `maxRounds` rounds, and the model asks for more. Its last calls were answered, so the
 *   run can be continued from its messages.
 * - `open-calls`: calls were left for the caller, since `onToolCall` has ended the run or a tool has no `execute`.
 * - `cancel`: it was cancelled, or its model was closed.
 */
export type RunEnd = "model" | "max-rounds" | "open-calls" | "cancel";
/** What validating came to. */
export type StandardSchemaResult = {
	readonly value: unknown;
	readonly issues?: undefined;
} | {
	readonly issues: readonly StandardSchemaIssue[];
};
/**
 * What a stream yields, told apart by `type`: any number of deltas and tool calls, and then, unless it fails, one
 * `finish`.
 *
 * Later versions may add types: a `switch` over `type` should let unknown ones pass.
 */
export type StreamPart = TextDeltaPart | ReasoningDeltaPart | ToolCallStartPart | ToolCallDeltaPart | ToolCallPart | LogProbabilitiesPart | ProviderDataPart | FinishPart;
/**
 * What becomes of a call.
 *
 * - `approve`: it is run, with another `input` where that is there.
 * - `deny`: it is not run, and the model is told why.
 * - `end`: none of the round's calls is run, and the run ends; they are in the `toolCalls` of its result.
 */
export type ToolCallDecision = {
	readonly type: "approve";
	readonly input?: unknown;
} | {
	readonly type: "deny";
	readonly reason?: string | undefined;
} | {
	readonly type: "end";
};
/** How a model writes tool calls. */
export type ToolCallFormat = "auto" | "none" | "hermes" | "qwen-coder" | "llama3" | "mistral" | "deepseek" | "deepseek-v3.1" | "gemma" | "function-gemma" | "harmony";
/**
 * Whether the model may, must or must not call a tool.
 *
 * - `auto`: it decides.
 * - `none`: it is not told of the tools, and its answer is text, whatever it looks like.
 * - `required`: it makes exactly one call, whose name and arguments match one of the tools.
 * - a tool by name: it makes exactly one call of that tool, with arguments that match its schema.
 */
export type ToolChoice = "auto" | "none" | "required" | {
	readonly type: "tool";
	readonly toolName: string;
};
/**
 * Why a call's result is an error.
 *
 * - `unknown-tool`: the agent has no such tool, or not in this round.
 * - `invalid-input`: the arguments are no JSON, or the tool's schema refuses them.
 * - `denied`: `onToolCall` has denied it.
 * - `timed-out`: the tool took longer than its `timeoutMs`.
 * - `failed`: the tool threw, or what it gave cannot be written as JSON.
 */
export type ToolFailure = "unknown-tool" | "invalid-input" | "denied" | "timed-out" | "failed";
/** What a tool's input is, by its schema: what the schema gives, or `unknown` for a JSON schema. */
export type ToolInput<Schema> = Schema extends StandardSchema ? NonNullable<Schema["~standard"]["types"]>["output"] : unknown;
/** A tool of an agent's run is being called, has something to show, or is through. A call that is refused has none. */
export type ToolProgressPart = ToolCallingPart | ToolRunningPart | ToolCompletePart;

export {};
