import type { BufferHighWater } from './buffering.ts';
import type { FinishReason } from './finish-reason.ts';
import type { FinishPart, StreamPart } from './stream-part.ts';
import type { Timings } from './timings.ts';
import type { Usage } from './usage.ts';

/** A tool of an agent's run is being called, has something to show, or is through. A call that is refused has none. */
export type ToolProgressPart = ToolCallingPart | ToolRunningPart | ToolCompletePart;

interface ToolProgress {
  readonly type: 'tool-progress';
  readonly toolCallId: string;
  readonly toolName: string;
  /** The round it belongs to, from 0. */
  readonly round: number;
}

/** A tool is being called. */
export interface ToolCallingPart extends ToolProgress {
  readonly phase: 'calling';
  /** What it is called with, which `onToolCall` may have changed; not yet what its schema has made of it. */
  readonly input: unknown;
}

/** A tool has yielded something on its way. */
export interface ToolRunningPart extends ToolProgress {
  readonly phase: 'running';
  /** What it has yielded. */
  readonly value: unknown;
}

/** A tool is through; its `tool-result` follows. */
export interface ToolCompletePart extends ToolProgress {
  readonly phase: 'complete';
  /** Whether it has failed or has taken too long. */
  readonly isError: boolean;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}

/**
 * Why a call's result is an error.
 *
 * - `unknown-tool`: the agent has no such tool, or not in this round.
 * - `invalid-input`: the arguments are no JSON, or the tool's schema refuses them.
 * - `denied`: `onToolCall` has denied it.
 * - `timed-out`: the tool took longer than its `timeoutMs`.
 * - `failed`: the tool threw, or what it gave cannot be written as JSON.
 */
export type ToolFailure = 'unknown-tool' | 'invalid-input' | 'denied' | 'timed-out' | 'failed';

/** What the model is told in answer to one of its calls. Results come as they are known, and go back in the calls' order. */
export interface ToolResultPart {
  readonly type: 'tool-result';
  readonly toolCallId: string;
  readonly toolName: string;
  /** The round it belongs to, from 0. */
  readonly round: number;
  /** Which of the round's calls it answers, from 0. */
  readonly index: number;
  /** What the tool has returned; the text of the error where it has failed. */
  readonly output: unknown;
  /** What the model is told: the output where it is text, as JSON otherwise, or what went wrong. */
  readonly content: string;
  /** Whether the model is told of an error. */
  readonly isError: boolean;
  /** Why, where it is one. A tool that reports an error of its own, as those of MCP servers do, has `failed`. */
  readonly failure?: ToolFailure;
}

/** A round is over: one answer of the model, and the results of the tools that it asked for. */
export interface RoundFinishPart {
  readonly type: 'round-finish';
  /** Which one, from 0. */
  readonly round: number;
  /** Why the model's answer ended: `tool-calls` where another round may follow. */
  readonly finishReason: FinishReason;
  /** Tokens of this round. */
  readonly usage: Usage;
  /** Where the time of the model's answer went; its tools are not in it. */
  readonly timings: Timings;
  /** As the result of the model's own stream has it. */
  readonly bufferHighWater: BufferHighWater;
}

/**
 * Why an agent's run ended.
 *
 * - `model`: the model's answer asked for no tool; `finishReason` says how that answer ended.
 * - `max-rounds`: there have been `maxRounds` rounds, and the model asks for more. Its last calls were answered, so the
 *   run can be continued from its messages.
 * - `open-calls`: calls were left for the caller, since `onToolCall` has ended the run or a tool has no `execute`.
 * - `cancel`: it was cancelled, or its model was closed.
 */
export type RunEnd = 'model' | 'max-rounds' | 'open-calls' | 'cancel';

/** The last part of an agent's run that did not fail; its usage and times are those of the whole run. */
export interface AgentFinishPart extends FinishPart {
  /** Why the run ended. */
  readonly endedBy: RunEnd;
  /** How many rounds there were. */
  readonly rounds: number;
  /** The final answer: the text of the last round. */
  readonly text: string;
}

/**
 * What an agent's run yields, told apart by `type`. Each round has the parts of the model's answer, then progress and
 * results of the tools that it asked for, then `round-finish`; the last part of all is `finish`.
 *
 * Later versions may add types: a `switch` over `type` should let unknown ones pass.
 */
export type AgentPart =
  | Exclude<StreamPart, FinishPart>
  | ToolProgressPart
  | ToolResultPart
  | RoundFinishPart
  | AgentFinishPart;

/** A part of any stream. */
export type AnyStreamPart = StreamPart | AgentPart;
