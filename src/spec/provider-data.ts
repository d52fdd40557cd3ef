/**
 * What a remote engine gave with a message and wants to see again with it: signatures and ids of its reasoning, without
 * which some refuse a conversation that goes on after a tool call. Pass it back as it is; other engines ignore it.
 */
export interface ProviderData {
  /** The protocol that it belongs to, such as `anthropic`. */
  readonly dialect: string;
  /** A JSON value that only that protocol understands. */
  readonly data: unknown;
}
