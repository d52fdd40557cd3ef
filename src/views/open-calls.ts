import type { AgentFinishPart, AnyStreamPart } from '../spec/agent-part.ts';
import type { StreamPart, ToolCallPart } from '../spec/stream-part.ts';

/**
 * What of an agent's run is for a client that knows single replies only: text and reasoning of all rounds, and at the end
 * the calls that the run leaves to it. Others it would take for its own to answer.
 */
export class OpenCalls {
  /** Of the round that is under way, or was the last; not those that were answered. */
  readonly #calls = new Map<string, ToolCallPart>();
  #roundOver = false;

  /** The parts to pass on for this one. */
  take(part: AnyStreamPart): StreamPart[] {
    if (part.type === 'finish') return [...((part as AgentFinishPart).endedBy === 'open-calls' ? this.#calls.values() : []), part];
    if (this.#roundOver) this.#calls.clear();
    this.#roundOver = part.type === 'round-finish';
    switch (part.type) {
      case 'tool-call':
        this.#calls.set(part.toolCallId, part);
        return [];
      case 'tool-result':
        this.#calls.delete(part.toolCallId);
        return [];
      case 'tool-call-start':
      case 'tool-call-delta':
      case 'tool-progress':
      case 'round-finish':
        return [];
      default:
        return [part];
    }
  }
}
