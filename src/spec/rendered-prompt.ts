/** A request's prompt as the model gets it. */
export interface RenderedPrompt {
  /** As text: the chat template, rendered. */
  readonly text: string;
  /** As tokens. */
  readonly tokens: readonly number[];
  /** Messages that `contextOverflow: 'truncate-oldest'` has left out. */
  readonly droppedMessages: number;
}
