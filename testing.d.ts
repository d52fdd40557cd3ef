import type { GenerationStream, LoadModelOptions, Model, ReasoningFormat, ReplayOptions, StreamPart, ToolCallFormat, TramontaneError } from 'tramontane';
export { replayStream } from 'tramontane';

/**
 * Loads a model that answers by a script, in milliseconds and without a file. Everything is real but the weights: it has
 * a tokenizer with a token per byte, the ChatML template, a context to overflow, stop sequences, metrics; and so it needs
 * the native library. Sampling options are accepted and change nothing.
 *
 * @param script - What it answers, how fast, and where it fails.
 * @throws {TramontaneError} `invalid-argument` with the `field` of the script at fault, `aborted`, `native-unavailable`.
 * @example
 * await using model = await scriptedModel({ replies: ['Hello!', { text: 'Too slow', stepMs: 50 }] });
 * assert.equal((await model.streamPrompt('Hi').result()).text, 'Hello!');
 */
export declare function scriptedModel(script: Script, options?: ScriptedModelOptions): Promise<Model>;

/**
 * A stream of these very parts, without a model and without the native library: for code that is given a stream, and for
 * parts that no model here gives yet, such as tool calls.
 *
 * @param parts - Strings are text deltas. A `finish` is added where there is none (reason `tool-calls` after a tool call,
 *   `stop` otherwise, with a usage of zero); a `TramontaneError` as the last one is thrown there.
 * @example
 * const stream = scriptedStream(['Hel', 'lo']);
 * assert.equal((await stream.result()).text, 'Hello');
 */
export declare function scriptedStream(parts: readonly (string | StreamPart | TramontaneError)[], options?: ScriptedStreamOptions): GenerationStream;

/** What a scripted model answers, and how fast. */
export interface Script {
	/**
	 * The n-th stream gets the n-th reply, and beyond the last they begin anew. At least one; a string is a reply's
	 * `text`, without delays.
	 */
	readonly replies: readonly (string | ScriptedReply)[];
	/**
	 * The most tokens a prompt and its answer may have together. The model has one token per UTF-8 byte.
	 *
	 * @defaultValue 4096
	 */
	readonly contextLength?: number | undefined;
	/**
	 * How long loading takes, in whole milliseconds.
	 *
	 * @defaultValue 0
	 */
	readonly loadMs?: number | undefined;
	/**
	 * How replies mark what the model thinks, as the load option of that name.
	 *
	 * @defaultValue `'think'`
	 */
	readonly reasoningFormat?: ReasoningFormat | undefined;
	/**
	 * How replies write tool calls, as the load option of that name; they are looked for where the request has `tools`.
	 *
	 * @defaultValue `'hermes'`
	 */
	readonly toolCallFormat?: ToolCallFormat | undefined;
}

/** One answer. It has one token per UTF-8 byte of `text`, and then the token that ends it. */
export interface ScriptedReply {
	/** What is answered, whatever was asked. */
	readonly text: string;
	/**
	 * How long reading the prompt takes, in whole milliseconds.
	 *
	 * @defaultValue 0
	 */
	readonly prefillMs?: number | undefined;
	/**
	 * How long each token takes, in whole milliseconds.
	 *
	 * @defaultValue 0
	 */
	readonly stepMs?: number | undefined;
	/**
	 * After how many tokens the engine fails, with code `engine-failed`; `null` for never.
	 *
	 * @defaultValue null
	 */
	readonly failAfterTokens?: number | null | undefined;
}

/** How {@link scriptedStream} plays its parts. */
export interface ScriptedStreamOptions extends Omit<ReplayOptions, "speed"> {
	/**
	 * How long each part takes, in milliseconds.
	 *
	 * @defaultValue 0
	 */
	readonly stepMs?: number | undefined;
}

/** What of loading a scripted model shares with loading a real one. */
export type ScriptedModelOptions = Pick<LoadModelOptions, "abortSignal" | "onProgress">;

export {};
