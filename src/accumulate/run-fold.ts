import type { AgentFinishPart, AnyStreamPart, RoundFinishPart, ToolResultPart } from '../spec/agent-part.ts';
import type { AgentResult, AgentRound } from '../spec/agent-result.ts';
import type { ToolCall } from '../spec/assistant-message.ts';
import type { BufferHighWater } from '../spec/buffering.ts';
import type { ChatMessage, ToolMessage } from '../spec/chat-message.ts';
import type { FinishPart, StreamPart } from '../spec/stream-part.ts';
import { noTime } from '../spec/timings.ts';
import type { PartialGeneration } from '../spec/tramontane-error.ts';
import { nothingUsed } from '../spec/usage.ts';
import { MessageFold } from './message-fold.ts';
import { resultOf } from './result-of.ts';
import type { StreamFold } from './stream-fold.ts';

const nothingBuffered: BufferHighWater = { parts: 0, bytes: 0, pauses: 0 };

/** Puts an agent's run together: its rounds, and the messages that they come to. */
export class RunFold implements StreamFold {
  readonly answersCalls = true;
  readonly #rounds: AgentRound[] = [];
  /** What the round that is under way has until now. */
  #message = new MessageFold();
  #results: ToolResultPart[] = [];
  #roundBegun = false;
  #finish: AgentFinishPart | undefined;

  add(part: AnyStreamPart): void {
    this.#roundBegun = part.type !== 'round-finish';
    if (part.type === 'tool-result') this.#results.push(part);
    else if (part.type === 'round-finish') this.#endRound(part);
    else this.#message.add(part as StreamPart);
  }

  end(finish: FinishPart): FinishPart {
    // A branch that is left before the run is over gets no more than the end.
    if (this.#roundBegun) {
      const { finishReason } = finish;
      this.#endRound({ finishReason, usage: nothingUsed, timings: noTime, bufferHighWater: nothingBuffered });
    }
    const { endedBy = finish.finishReason === 'aborted' ? 'cancel' : 'model' } = finish as Partial<AgentFinishPart>;
    this.#finish = { ...finish, endedBy, rounds: this.#rounds.length, text: this.#rounds.at(-1)?.text ?? '' };
    return this.#finish;
  }

  result(bufferHighWater: BufferHighWater): AgentResult {
    const { finishReason, usage, timings, endedBy } = this.#finish as AgentFinishPart;
    const last = this.#rounds.at(-1);
    const { text = '', reasoning = '', message = { role: 'assistant', content: '' }, logProbabilities } = last ?? {};
    return {
      text,
      reasoning,
      toolCalls: last && endedBy === 'open-calls' ? openCalls(last) : [],
      message,
      ...(logProbabilities && { logProbabilities }),
      finishReason,
      usage,
      timings,
      bufferHighWater: this.#rounds.map((round) => round.bufferHighWater).reduce(higher, bufferHighWater),
      messages: this.#messages(endedBy === 'open-calls'),
      rounds: this.#rounds,
      endedBy,
    };
  }

  partial(): Omit<PartialGeneration, 'usage' | 'timings'> {
    const { text, reasoning, toolCalls } = this.#message;
    return { text, reasoning, toolCalls, messages: this.#messages(false) };
  }

  #endRound({ finishReason, usage, timings, bufferHighWater }: Omit<RoundFinishPart, 'type' | 'round'>): void {
    const finish: FinishPart = { type: 'finish', finishReason, usage, timings };
    const toolResults = this.#results.toSorted((one, other) => one.index - other.index);
    this.#rounds.push({ ...resultOf(this.#message.add(finish), finish, bufferHighWater), toolResults });
    this.#message = new MessageFold();
    this.#results = [];
    this.#roundBegun = false;
  }

  #messages(leaveOpen: boolean): ChatMessage[] {
    return this.#rounds.flatMap((round) => {
      const { message, toolResults } = round;
      const answers = toolResults.map(toolMessage);
      if (!leaveOpen || round !== this.#rounds.at(-1)) answers.push(...openCalls(round).map(neverAnswered));
      const empty = message.content === '' && !message.toolCalls && !message.reasoning;
      return empty ? [] : [message, ...answers];
    });
  }
}

/** A result as the model gets it. */
export function toolMessage({ toolCallId, toolName, content }: ToolResultPart): ToolMessage {
  return { role: 'tool', toolCallId, toolName, content };
}

function neverAnswered({ toolCallId, toolName }: ToolCall): ToolMessage {
  return { role: 'tool', toolCallId, toolName, content: 'Error: the run ended before this call was answered.' };
}

function openCalls({ toolCalls, toolResults }: AgentRound): ToolCall[] {
  const answered = new Set(toolResults.map(({ index }) => index));
  return toolCalls.filter((_, index) => !answered.has(index));
}

function higher(one: BufferHighWater, other: BufferHighWater): BufferHighWater {
  return {
    parts: Math.max(one.parts, other.parts),
    bytes: Math.max(one.bytes, other.bytes),
    pauses: one.pauses + other.pauses,
  };
}
