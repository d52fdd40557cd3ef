import type { ReasoningFormat, ToolCallFormat } from '../spec/load-model-options.ts';

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
