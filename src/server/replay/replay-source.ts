/** Where the events of a resumable stream come from: one block of server-sent events each, without an `id`. */
export interface ReplaySource {
  /** The next event. Nothing is computed ahead of it that the source would not compute anyway. */
  next(): Promise<IteratorResult<string, unknown>>;
  /** Asks for the end. What is still given after it, such as a last event, is kept. */
  cancel(): void;
}
