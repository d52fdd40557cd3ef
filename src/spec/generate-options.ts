import type { BufferOptions } from './buffering.ts';
import type { Grammar, ResponseFormat } from './grammar.ts';
import type { SamplingOptions } from './sampling-options.ts';
import type { ToolOptions } from './tool-definition.ts';

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
  readonly contextOverflow?: 'error' | 'stop' | 'truncate-oldest' | undefined;
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
