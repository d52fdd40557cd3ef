import type { ProviderData } from './provider-data.ts';

/** The model's turn of a conversation. It can be passed back among the `messages` of the next request. */
export interface AssistantMessage {
  readonly role: 'assistant';
  /** The answer's text. */
  readonly content: string;
  /** What the model thought, where it did. */
  readonly reasoning?: string;
  /** The tools it asks for, where it does. */
  readonly toolCalls?: readonly ToolCall[];
  /** What the engine wants to see again with this message, where it does. */
  readonly providerData?: readonly ProviderData[];
}

/** A complete request to run a tool. Answer it with a `tool` message that has its `toolCallId`. */
export interface ToolCall {
  /** The call's own name, to send back with the tool's result. Empty where the source gave none. */
  readonly toolCallId: string;
  /** The tool that is asked for. */
  readonly toolName: string;
  /** The arguments, parsed; `undefined` where the model wrote no valid JSON. Not checked against the tool's schema. */
  readonly input: unknown;
  /** The arguments as the model wrote them. */
  readonly inputText: string;
}
