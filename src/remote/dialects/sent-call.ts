import type { AssistantToolCall } from '../../spec/chat-message.ts';
import type { LooseObject } from './loose-json.ts';
import { parseObject } from './loose-json.ts';

/** A call's arguments as JSON text; a model that wrote none at all meant none. */
export function inputTextOf({ input, inputText }: AssistantToolCall): string {
  return inputText?.trim() ? inputText : JSON.stringify(input ?? {});
}

/**
 * A call's arguments for protocols that take an object. Where the model wrote no object there is none to send; its text
 * goes back in a field of its own, as the tool's answer will most likely say what was wrong with it.
 */
export function inputObjectOf(call: AssistantToolCall): LooseObject {
  const text = inputTextOf(call);
  return parseObject(text) ?? { text };
}
