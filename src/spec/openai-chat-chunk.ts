/** One event of OpenAI's streaming chat completions. */
export interface OpenAIChatChunk {
  /** The same for all chunks of a completion. */
  readonly id: string;
  readonly object: 'chat.completion.chunk';
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
  readonly finish_reason: 'stop' | 'length' | 'tool_calls' | null;
  /**
   * How likely the tokens of this chunk were, where the request asks for `logprobs`. Those of tokens without text, such
   * as the one that ended the answer, are in the chunk with the finish reason.
   */
  readonly logprobs?: { readonly content: readonly OpenAITokenLogprob[] };
}

/** A token that was chosen, and those that were the likeliest in its place. */
export interface OpenAITokenLogprob extends OpenAITopLogprob {
  readonly top_logprobs: readonly OpenAITopLogprob[];
}

/** A token and the natural logarithm of its probability. */
export interface OpenAITopLogprob {
  readonly token: string;
  readonly logprob: number;
  /** The token as UTF-8; `null` where it has only a part of a character. */
  readonly bytes: readonly number[] | null;
}

/** Pieces of the message. */
export interface OpenAIChatDelta {
  /** In the first chunk only. */
  readonly role?: 'assistant';
  readonly content?: string;
  /** Not of OpenAI itself, but what other servers call it. */
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly OpenAIToolCallDelta[];
}

/** A piece of a tool call. */
export interface OpenAIToolCallDelta {
  /** Which call it is a piece of: 0, 1, 2, … in the order in which they begin. */
  readonly index: number;
  /** With the first piece only, as `type` and the function's name are. */
  readonly id?: string;
  readonly type?: 'function';
  readonly function: { readonly name?: string; readonly arguments: string };
}

/** Tokens, as OpenAI counts them. */
export interface OpenAIUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  /** Those of the prompt that were still known from earlier. */
  readonly prompt_tokens_details: { readonly cached_tokens: number };
}
