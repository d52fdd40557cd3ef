import type { RunEnd, ToolResultPart } from './agent-part.ts';
import type { ChatMessage } from './chat-message.ts';
import type { GenerationResult } from './generation-result.ts';

/** One round of an agent's run: an answer of the model, and what its tools gave. */
export interface AgentRound extends GenerationResult {
  /** The answers to its `toolCalls`, in their order. */
  readonly toolResults: readonly ToolResultPart[];
}

/**
 * An agent's run once it has ended. `text`, `reasoning`, `message` and `logProbabilities` are those of the last round,
 * and so the final answer; `usage`, `timings` and `bufferHighWater` are of the whole run.
 */
export interface AgentResult extends GenerationResult {
  /** The calls that nobody has answered: those left for the caller where `endedBy` is `open-calls`, else none. */
  readonly toolCalls: GenerationResult['toolCalls'];
  /**
   * What the run adds to the conversation: the model's messages and the tools', ready to be appended to the history. A
   * call that was still running when the run ended is answered by a message that says so, since models refuse a history
   * with open calls; only those of `toolCalls` are left to be answered.
   */
  readonly messages: readonly ChatMessage[];
  /** Each round, the first one first. */
  readonly rounds: readonly AgentRound[];
  /** Why the run ended. */
  readonly endedBy: RunEnd;
}
