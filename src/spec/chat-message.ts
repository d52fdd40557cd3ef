import type { ProviderData } from './provider-data.ts';

/**
 * One turn of a conversation, told apart by `role`: `system` gives instructions, `user` asks, `assistant` is the model,
 * and `tool` is what a tool has answered. Properties other than these are not looked at. A lone surrogate in a text (half
 * of a character cut in two) is read as U+FFFD.
 */
export type ChatMessage = SystemMessage | UserMessage | AssistantTurn | ToolMessage;

/** Who speaks in a {@link ChatMessage}. */
export type ChatRole = ChatMessage['role'];

/** Instructions for the model. */
export interface SystemMessage {
  readonly role: 'system';
  readonly content: string;
}

/** What the user says. */
export interface UserMessage {
  readonly role: 'user';
  readonly content: string;
}

/** What the model has said. The `message` of a result is one, and can be passed back as it is. */
export interface AssistantTurn {
  readonly role: 'assistant';
  /** May be empty, as it often is where the model asked for tools. */
  readonly content: string;
  /** What the model thought. Whether it is shown to the model again is its chat template's choice. */
  readonly reasoning?: string | undefined;
  /** The tools it asked for; each is answered by a {@link ToolMessage}. */
  readonly toolCalls?: readonly AssistantToolCall[] | undefined;
  /** What a remote engine gave to be seen again. Other engines, and models in this process, ignore it. */
  readonly providerData?: readonly ProviderData[] | undefined;
}

/** A call in a message that is passed to the model. */
export interface AssistantToolCall {
  readonly toolCallId: string;
  readonly toolName: string;
  /** The arguments: a JSON value. May be left out where `inputText` is there. */
  readonly input?: unknown;
  /**
   * The arguments as the model wrote them, which may be no JSON.
   *
   * @defaultValue `input` as JSON
   */
  readonly inputText?: string | undefined;
}

/** What a tool has answered. */
export interface ToolMessage {
  readonly role: 'tool';
  /** The call that it answers. */
  readonly toolCallId: string;
  /** The tool that it comes from. Some chat templates need it. */
  readonly toolName?: string | undefined;
  /** The answer, as text; JSON where it is a value. */
  readonly content: string;
}
