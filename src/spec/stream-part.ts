import type { FinishReason } from './finish-reason.ts';
import type { ProviderData } from './provider-data.ts';
import type { TokenLogProbabilities } from './log-probabilities.ts';
import type { Timings } from './timings.ts';
import type { Usage } from './usage.ts';

/** A piece of the answer. */
export interface TextDeltaPart {
  readonly type: 'text-delta';
  /**
   * Text that follows the previous delta directly. Whole characters (code points) only, from one or several tokens; an
   * emoji made of several code points may arrive in several deltas.
   */
  readonly delta: string;
}

/** A piece of what the model thinks before and between its answer. It is no part of the answer's text. */
export interface ReasoningDeltaPart {
  readonly type: 'reasoning-delta';
  /** Text that follows the previous reasoning delta directly. */
  readonly delta: string;
}

/** The model begins to ask for a tool. Its arguments follow as `tool-call-delta` parts. */
export interface ToolCallStartPart {
  readonly type: 'tool-call-start';
  /** Which of the calls that are being written this is, from 0. */
  readonly index: number;
  /** The call's own name, to send back with the tool's result. */
  readonly toolCallId: string;
  /** The tool that is asked for. */
  readonly toolName: string;
}

/** A piece of a tool call's arguments. */
export interface ToolCallDeltaPart {
  readonly type: 'tool-call-delta';
  /** The call it belongs to, as in its `tool-call-start`. */
  readonly index: number;
  /** The call it belongs to; empty where the source names it only at the start. */
  readonly toolCallId: string;
  /** A fragment of the arguments' JSON; on its own it is no JSON. */
  readonly delta: string;
}

/** A complete tool call. Only now may the tool be run. */
export interface ToolCallPart {
  readonly type: 'tool-call';
  /** The call it completes, as in its `tool-call-start`, where there was one. */
  readonly index: number;
  readonly toolCallId: string;
  readonly toolName: string;
  /** The arguments, parsed; `undefined` where the model wrote no valid JSON. Not checked against the tool's schema. */
  readonly input: unknown;
  /** The arguments as the model wrote them. */
  readonly inputText: string;
}

/**
 * How likely tokens were, where `logprobs` asks for it. It comes before the delta that the tokens' text is in, and one
 * for the token that ended the answer at the end: all of a stream joined have each token once, in order.
 */
export interface LogProbabilitiesPart {
  readonly type: 'log-probabilities';
  readonly tokens: readonly TokenLogProbabilities[];
}

/**
 * What a remote engine wants to see again with the message, and only it understands: signatures of its reasoning, mostly.
 * It ends up in the message's `providerData`, and goes back with it.
 */
export interface ProviderDataPart extends ProviderData {
  readonly type: 'provider-data';
}

/** The last part of every stream that did not fail. */
export interface FinishPart {
  readonly type: 'finish';
  /** Why the generation ended. */
  readonly finishReason: FinishReason;
  /** Tokens read and written. */
  readonly usage: Usage;
  /** Where the time went. */
  readonly timings: Timings;
}

/**
 * What a stream yields, told apart by `type`: any number of deltas and tool calls, and then, unless it fails, one
 * `finish`.
 *
 * Later versions may add types: a `switch` over `type` should let unknown ones pass.
 */
export type StreamPart =
  | TextDeltaPart
  | ReasoningDeltaPart
  | ToolCallStartPart
  | ToolCallDeltaPart
  | ToolCallPart
  | LogProbabilitiesPart
  | ProviderDataPart
  | FinishPart;
