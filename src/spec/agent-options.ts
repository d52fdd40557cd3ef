import type { ChatMessage } from './chat-message.ts';
import type { GenerateOptions } from './generate-options.ts';
import type { ToolChoice } from './tool-definition.ts';
import type { Usage } from './usage.ts';

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

/**
 * What becomes of a call.
 *
 * - `approve`: it is run, with another `input` where that is there.
 * - `deny`: it is not run, and the model is told why.
 * - `end`: none of the round's calls is run, and the run ends; they are in the `toolCalls` of its result.
 */
export type ToolCallDecision =
  | { readonly type: 'approve'; readonly input?: unknown }
  | { readonly type: 'deny'; readonly reason?: string | undefined }
  | { readonly type: 'end' };

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

/** What is different in one round. Fields that are left out are as in the run's options. */
export interface RoundChanges extends Omit<GenerateOptions, 'abortSignal' | 'tools'> {
  /** What the model is shown in place of the whole conversation, for instance a shorter one. It counts for this round only. */
  readonly messages?: readonly ChatMessage[] | undefined;
  /** The names of the tools that the model may ask for in this round; none where it is empty. */
  readonly activeTools?: readonly string[] | undefined;
}

/**
 * How an agent runs: how each round generates, and how far the run goes. All fields are optional, and `undefined` counts
 * as left out. Timeouts, `deadlineMs`, `maxOutputTokens` and `seed` are of each round, not of the run.
 */
export interface AgentRunOptions extends Omit<GenerateOptions, 'tools'> {
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
  readonly prepareRound?:
    | ((round: RoundStart) => RoundChanges | undefined | void | Promise<RoundChanges | undefined | void>)
    | undefined;
}
