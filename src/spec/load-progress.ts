/** How far a load has come. */
export interface LoadProgress {
  /**
   * What is being done: `resolve` finds the model's files, `download` fetches missing ones from the hub, `load` reads
   * (and quantises) the weights, `ready` is reported once at the end.
   */
  readonly phase: 'resolve' | 'download' | 'load' | 'ready';
  /** How much of this phase is done, in `unit`s. */
  readonly done: number;
  /** How much there is in this phase, in `unit`s; `null` while unknown. */
  readonly total: number | null;
  /** What `done` and `total` count. */
  readonly unit: 'bytes' | 'tensors';
  /** The file at hand, where there is one. */
  readonly file?: string;
}
