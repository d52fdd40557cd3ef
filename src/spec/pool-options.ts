/** How several models stand behind one. `undefined` counts as left out. */
export interface PoolOptions {
  /**
   * How long the first part of an answer may take, in milliseconds from the first read, before a second member is asked
   * too. Whichever gives the first part is the one that answers, and the other is cancelled. 0 asks no second one.
   *
   * @defaultValue 0
   */
  readonly hedgeAfterMs?: number | undefined;
}

/** How a member of a pool is doing. */
export interface MemberHealth {
  /** Its model's name. */
  readonly model: string;
  /**
   * - `healthy`: it takes streams.
   * - `resting`: it has failed, and is left alone for a while.
   * - `probing`: it has rested, and takes one stream to show whether it is well.
   */
  readonly state: 'healthy' | 'resting' | 'probing';
  /** Streams that it works on for this pool. */
  readonly outstanding: number;
  /** How often in a row it has failed. */
  readonly failures: number;
  /** For how long it rests, in milliseconds. */
  readonly restMs: number;
}
