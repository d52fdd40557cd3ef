/** A model that a remote engine offers. */
export interface RemoteModelInfo {
  /** The name to connect by. */
  readonly model: string;
  /** The name to show, where the server has one besides. */
  readonly displayName?: string | undefined;
  /** The most tokens a prompt and its answer may have together, where the server tells. */
  readonly contextLength?: number | undefined;
  /** Who made or serves it, where the server tells. */
  readonly ownedBy?: string | undefined;
}
