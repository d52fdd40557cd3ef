import type { AnyStreamPart } from '../spec/agent-part.ts';
import type { ToolCall } from '../spec/assistant-message.ts';
import type { ChatMessage } from '../spec/chat-message.ts';
import type { GenerationResult } from '../spec/generation-result.ts';

/**
 * Gives the calls of a conversation names of their own. A source whose protocol has no names numbers the calls of each
 * answer anew, and the next engine that sees the history may refuse it where two calls have one name.
 */
export class CallIds {
  readonly #taken = new Set<string>();
  /** Of the round that is under way: what its source calls them, and what they are called here. */
  readonly #names = new Map<string, string>();

  constructor(messages: readonly ChatMessage[]) {
    for (const message of messages) {
      if (message.role === 'assistant') for (const { toolCallId } of message.toolCalls ?? []) this.#taken.add(toolCallId);
    }
  }

  /** The calls from now on are others than those before. */
  beginRound(): void {
    for (const name of this.#names.values()) this.#taken.add(name);
    this.#names.clear();
  }

  inPart(part: AnyStreamPart): AnyStreamPart {
    switch (part.type) {
      case 'tool-call-start':
      case 'tool-call-delta':
      case 'tool-call':
        return { ...part, toolCallId: this.#nameOf(part.toolCallId) };
      default:
        return part;
    }
  }

  inAnswer(answer: GenerationResult): GenerationResult {
    if (answer.toolCalls.length === 0) return answer;
    const toolCalls: ToolCall[] = answer.toolCalls.map((call) => ({ ...call, toolCallId: this.#nameOf(call.toolCallId) }));
    return { ...answer, toolCalls, message: { ...answer.message, toolCalls } };
  }

  #nameOf(id: string): string {
    // Where a source names a call only at its start, the others stay without.
    if (id === '') return '';
    let name = this.#names.get(id);
    if (name === undefined) {
      name = id;
      for (let number = 2; this.#taken.has(name); number += 1) name = `${id}-${number}`;
      this.#names.set(id, name);
    }
    return name;
  }
}
