/** What a request comes to before it is run. */
export interface TokenCount {
  /** Tokens of the prompt, after the chat template, and after what `contextOverflow` leaves out. */
  readonly inputTokens: number;
  /** Messages that `contextOverflow: 'truncate-oldest'` leaves out. */
  readonly droppedMessages: number;
}
