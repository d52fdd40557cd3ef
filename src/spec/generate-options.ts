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
