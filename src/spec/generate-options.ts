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
   * Choose among the likeliest tokens that together have this probability, from 1e-9 to 1; 1 sets no such limit.
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
   * prompt are in it. After that the generation is cancelled and reading throws code `first-token-timeout`. At most
   * 2^31 - 1; 0 sets no limit.
   *
   * @defaultValue 0
   */
  readonly firstTokenTimeoutMs?: number | undefined;
  /**
   * How long the next part may take after the first, in milliseconds during which somebody awaits it: time that the
   * reader takes for itself does not count. After that the generation is cancelled and reading throws code
   * `idle-timeout`; what came before stays, and is in `error.partial`. At most 2^31 - 1; 0 sets no limit.
   *
   * @defaultValue 0
   */
  readonly idleTimeoutMs?: number | undefined;
}
