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
  readonly format?: 'text' | 'sse' | 'openai-sse' | undefined;
  /** Headers to add, or to have in place of those of the format. */
  readonly headers?: ConstructorParameters<typeof Headers>[0] | undefined;
  /** @defaultValue 200 */
  readonly status?: number | undefined;
}

/** What {@link GenerationStream.toNodeReadable} gives. */
export interface NodeReadableOptions {
  /**
   * `text` for the text, as strings; `parts` for the parts, in object mode.
   *
   * @defaultValue `'text'`
   */
  readonly format?: 'text' | 'parts' | undefined;
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
