import { EmbeddingModelV3, LanguageModelV3 } from '@ai-sdk/provider';
import type { EmbeddingResult, GenerateOptions, LanguageModel } from 'tramontane';

/**
 * A provider of the AI SDK 6 with several models, by names of your own. Otherwise as `createTramontane` of
 * `tramontane/ai-sdk`.
 *
 * @param options - `models`: what is behind each name; they stay yours to close.
 */
export declare function createTramontane({ models }: {
	readonly models: ModelTable;
}): TramontaneProvider;

/**
 * A model for the AI SDK 6, whose specification is version 3. Otherwise as `tramontane` of `tramontane/ai-sdk`: the same
 * parts, warnings, errors and ways of stopping.
 *
 * @param model - What `loadModel`, `connect`, `poolModels` or `scriptedModel` gave; it stays yours to close.
 */
export declare function tramontane(model: LanguageModel, options?: TramontaneOptions): LanguageModelV3;

/**
 * A model for `embed` and `embedMany` of the AI SDK 6. Otherwise as `tramontaneEmbedding` of `tramontane/ai-sdk`.
 *
 * @param model - What has an `embed` method, such as the result of `connect`.
 */
export declare function tramontaneEmbedding(model: EmbeddingSource, options?: TramontaneOptions): EmbeddingModelV3;

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

/** A provider of the AI SDK 6, for its registries, or to be called with a name. */
export interface TramontaneProvider {
	(modelId: string): LanguageModelV3;
	readonly specificationVersion: "v3";
	languageModel(modelId: string): LanguageModelV3;
	embeddingModel(modelId: string): EmbeddingModelV3;
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
