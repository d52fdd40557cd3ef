import type { AssistantMessage, ToolCall } from './assistant-message.ts';
import type { BufferHighWater } from './buffering.ts';
import type { FinishReason } from './finish-reason.ts';
import type { TokenLogProbabilities } from './log-probabilities.ts';
import type { Timings } from './timings.ts';
import type { Usage } from './usage.ts';

/** A generation once it has ended. */
export interface GenerationResult {
  /** The whole text: every delta joined, those nobody read included. */
  readonly text: string;
  /** What the model thought, joined; `''` where it did not. */
  readonly reasoning: string;
  /** The complete tool calls, in the model's order. One that the end cut off is not among them. */
  readonly toolCalls: readonly ToolCall[];
  /** All of the above as the next message of the conversation. */
  readonly message: AssistantMessage;
  /** How likely each token was, in order; there where `logprobs` was asked for and a token was generated. */
  readonly logProbabilities?: readonly TokenLogProbabilities[];
  /** Why the generation ended. */
  readonly finishReason: FinishReason;
  /** Tokens read and written. */
  readonly usage: Usage;
  /** Where the time went. */
  readonly timings: Timings;
  /** The most that waited for this stream's reader, and how often it was paused because of that. */
  readonly bufferHighWater: BufferHighWater;
}
