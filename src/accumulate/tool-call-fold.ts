import type { ToolCall } from '../spec/assistant-message.ts';
import type { ToolCallDeltaPart, ToolCallPart, ToolCallStartPart } from '../spec/stream-part.ts';

type ToolPart = ToolCallStartPart | ToolCallDeltaPart | ToolCallPart;

/** Indexes and calls beyond are left out: a hostile source must not make a list of any length. */
export const maxToolCalls = 128;

/** A tool call as far as it is known. */
export interface OpenToolCall {
  /** The how manieth call of the message this is, from 0: unlike `index` it is never reused and leaves no gaps. */
  readonly order: number;
  readonly index: number;
  toolCallId: string;
  toolName: string;
  inputText: string;
  input: unknown;
  /** Its `tool-call` part has come. */
  complete: boolean;
}

/**
 * Puts tool calls together from their parts. Sources disagree about indexes and ids, so that a call is known by either:
 * ids that are empty after the start, indexes with gaps, out of order, or used again for another call, and names that
 * come later than the start are all understood.
 */
export class ToolCallFold {
  readonly #calls: OpenToolCall[] = [];
  /** The call that each index stands for at present. */
  readonly #atIndex = new Map<number, OpenToolCall>();

  /** Takes in a part. Gives the call it belongs to, or nothing for a part that is left out. */
  add(part: ToolPart): OpenToolCall | undefined {
    const call = this.#callOf(part);
    if (!call) return undefined;
    if (call.toolCallId === '') call.toolCallId = part.toolCallId;
    if (part.type === 'tool-call') {
      if (part.toolName !== '') call.toolName = part.toolName;
      call.inputText = part.inputText;
      call.input = part.input;
      call.complete = true;
    } else if (!call.complete) {
      if (part.type === 'tool-call-delta') call.inputText += part.delta;
      else if (call.toolName === '') call.toolName = part.toolName;
    }
    return call;
  }

  /**
   * The complete calls, in the order of their indexes.
   *
   * @param endedWell - whether the message came to its own end: calls known by fragments only are then complete, if
   *   they are JSON. Otherwise they may be cut off, even where what there is can be parsed.
   */
  calls(endedWell: boolean): ToolCall[] {
    return this.#calls
      .toSorted((one, other) => one.index - other.index || one.order - other.order)
      .flatMap((call) => {
        const { toolCallId, toolName, inputText } = call;
        if (call.complete) return [{ toolCallId, toolName, input: call.input, inputText }];
        const input = endedWell && toolName !== '' ? parsed(inputText) : undefined;
        return input === undefined ? [] : [{ toolCallId, toolName, input, inputText }];
      });
  }

  #callOf(part: ToolPart): OpenToolCall | undefined {
    const { index, toolCallId } = part;
    if (!Number.isInteger(index) || index < 0 || index >= maxToolCalls) return undefined;
    const open = this.#atIndex.get(index);
    if (toolCallId !== '') {
      const known = this.#calls.find((call) => call.toolCallId === toolCallId);
      if (known) return known;
      if (open?.toolCallId === '' && !open.complete) return open;
    } else if (open && !(open.complete && part.type !== 'tool-call-delta')) {
      return open;
    }
    return this.#open(index, toolCallId);
  }

  #open(index: number, toolCallId: string): OpenToolCall | undefined {
    if (this.#calls.length === maxToolCalls) return undefined;
    const order = this.#calls.length;
    const call = { order, index, toolCallId, toolName: '', inputText: '', input: undefined, complete: false };
    this.#calls.push(call);
    this.#atIndex.set(index, call);
    return call;
  }
}

/** The arguments; none at all stand for an empty object. */
function parsed(inputText: string): unknown {
  if (inputText.trim() === '') return {};
  try {
    return JSON.parse(inputText) as unknown;
  } catch {
    return undefined;
  }
}
