/** Where to look for a model, and which of several. All fields are optional, and `undefined` counts as left out. */
export interface ModelReferenceOptions {
  /**
   * Which file to take where the repository or folder holds several models: its name, or the quantisation that its name has
   * (`'Q4_K_M'`).
   *
   * @defaultValue the only model there is
   */
  readonly file?: string | undefined;
  /**
   * Branch, tag or commit of the hub repository.
   *
   * @defaultValue `'main'`
   */
  readonly revision?: string | undefined;
  /**
   * Access token for the hub, for private and gated repositories.
   *
   * @defaultValue the environment's `HF_TOKEN`, or the one the hub's own tools have stored
   */
  readonly token?: string | undefined;
  /**
   * Folder for downloaded files.
   *
   * @defaultValue the hub's shared cache (`HF_HUB_CACHE`, `HF_HOME`), so that files other tools have downloaded are used
   */
  readonly cacheDir?: string | undefined;
  /**
   * Use only what is on disk; a missing file gives code `model-not-found` instead of a download.
   *
   * @defaultValue what the environment's `HF_HUB_OFFLINE` says, otherwise false
   */
  readonly offline?: boolean | undefined;
  /**
   * Base URL of the hub, for a mirror.
   *
   * @defaultValue the environment's `HF_ENDPOINT`, or the public hub
   */
  readonly endpoint?: string | undefined;
}
