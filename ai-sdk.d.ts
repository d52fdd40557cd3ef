import { EmbeddingModelV4, LanguageModelV4 } from '@ai-sdk/provider';
import type { EmbeddingResult, GenerateOptions, LanguageModel } from 'tramontane';

/**
 * A provider of the AI SDK with several models, by names of your own. The models stay yours to close.
 *
 * @param options - `models`: what is behind each name.
 * @throws {TramontaneError} From its methods: `model-not-found` for a name that is not among them, which the AI SDK takes
 *   for its `NoSuchModelError`; `invalid-argument` where the model has no embeddings.
 * @example
 * const provider = createTramontane({ models: { chat: await loadModel('./model.gguf'), embed: connect('ollama:nomic-embed-text') } });
 * await generateText({ model: provider('chat'), prompt: 'Name three winds.' });
 */
export declare function createTramontane({ models }: {
	readonly models: ModelTable;
}): TramontaneProvider;

/**
 * A model for the AI SDK (ai 7): `streamText`, `generateText`, `generateObject` and everything else that takes a model
 * there. It may run in this process, behind a remote engine, or be several of them; it stays yours to close.
 *
 * **Stopping.** An abort frees the sequence at once, and so does cancelling the stream; a reader that is slow pauses the
 * generation. Whatever the signal's reason is, the error has the name `AbortError`.
 *
 * **Failing.** Errors are `TramontaneError`s with their `code`, and the AI SDK takes them for its `APICallError`: it
 * repeats calls that failed with `queue-full`, `rate-limited` or `connection-failed` before anything of an answer came.
 *
 * **Settings** that a model does not have are left out with a warning. What the AI SDK has no setting for goes into
 * `providerOptions.tramontane`, see {@link TramontaneProviderOptions}.
 *
 * @param model - What `loadModel`, `connect`, `poolModels` or `scriptedModel` gave.
 * @example
 * const { textStream } = streamText({ model: tramontane(await loadModel('./model.gguf')), prompt: 'Name three winds.' });
 * for await (const delta of textStream) process.stdout.write(delta);
 */
export declare function tramontane(model: LanguageModel, options?: TramontaneOptions): LanguageModelV4;

/**
 * A model for `embed` and `embedMany` of the AI SDK (ai 7). Errors are as those of {@link tramontane}; dimensions cannot
 * be chosen, which a warning says.
 *
 * @param model - What has an `embed` method, such as the result of `connect`; it stays yours to close.
 * @example
 * const model = tramontaneEmbedding(connect('ollama:nomic-embed-text'));
 * const { embeddings } = await embedMany({ model, values: ['sirocco', 'mistral'] });
 */
export declare function tramontaneEmbedding(model: EmbeddingSource, options?: TramontaneOptions): EmbeddingModelV4;

/** A model that turns texts into vectors. */
export interface EmbeddingSource {
	/** At least its name. */
	readonly info: {
		readonly model: string;
	};
	embed(texts: readonly string[], options?: {
		readonly abortSignal?: AbortSignal | undefined;
	}): Promise<EmbeddingResult>;
}

/** How a model is shown to the AI SDK. `undefined` counts as left out. */
export interface TramontaneOptions {
	/**
	 * What the AI SDK calls the model, in results and in telemetry.
	 *
	 * @defaultValue the name it was loaded by
	 */
	readonly modelId?: string | undefined;
}

/** A provider of the AI SDK (ai 7), for `createProviderRegistry` and `customProvider`, or to be called with a name. */
export interface TramontaneProvider {
	(modelId: string): LanguageModelV4;
	readonly specificationVersion: "v4";
	languageModel(modelId: string): LanguageModelV4;
	embeddingModel(modelId: string): EmbeddingModelV4;
	/** Throws always: there are no models for images. */
	imageModel(modelId: string): never;
}

/**
 * What a call can be told by `providerOptions.tramontane`: the options of {@link GenerateOptions} for which the AI SDK
 * has no setting of its own. Meanings and defaults are the same. A name that is none of these is an error.
 *
 * @example
 * const tramontane = { minP: 0.05, priority: 10 } satisfies TramontaneProviderOptions;
 * streamText({ model, prompt, providerOptions: { tramontane } });
 */
export interface TramontaneProviderOptions extends Pick<GenerateOptions, "minP" | "repetitionPenalty" | "dry" | "logitBias" | "bannedTokens" | "forcedTokens" | "logprobs" | "grammar" | "templateVariables" | "contextOverflow" | "priority" | "deadlineMs" | "firstTokenTimeoutMs" | "idleTimeoutMs" | "maxBufferedParts" | "maxBufferedBytes" | "bufferPolicy"> {
}

/** Models by names. */
export type ModelTable = Readonly<Record<string, LanguageModel | EmbeddingSource>>;

export {};
