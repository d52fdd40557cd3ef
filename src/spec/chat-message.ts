/** One turn of a conversation. Properties other than these are not looked at. */
export interface ChatMessage {
  /** Who speaks: `system` gives instructions, `user` asks, `assistant` is the model. */
  readonly role: ChatRole;
  /** What is said. A lone surrogate (half of a character cut in two) is read as U+FFFD. */
  readonly content: string;
}

/** Who speaks in a {@link ChatMessage}. */
export type ChatRole = 'system' | 'user' | 'assistant';
