/**
 * What happens when more parts wait for a stream's reader than its budget allows.
 *
 * - `pause`: the generation is paused, its sequence freed, and goes on once half of the budget is free again. Parts that
 *   were on their way are kept, so that somewhat more than the budget may wait. No other stream is slowed down.
 * - `buffer`: everything is kept, up to the whole answer.
 * - `error`: the generation is cancelled, and reading throws code `buffer-full` after the parts that wait.
 */
export type BufferPolicy = 'pause' | 'buffer' | 'error';

/** The most that waited for a stream's reader at once. */
export interface BufferHighWater {
  /** Parts that were made and not read yet. */
  readonly parts: number;
  /** The text in them, as UTF-8. */
  readonly bytes: number;
  /** How often the generation was paused because its reader was slow. */
  readonly pauses: number;
}

/** How much of a stream may wait for its reader. All fields are optional, and `undefined` counts as left out. */
export interface BufferOptions {
  /**
   * The most parts that wait for the reader, an integer from 1 to 2^32 - 1. What a view leaves out, such as everything
   * but text for `textStream`, is not counted, and a burst of parts is not held against a reader that takes it at once.
   *
   * @defaultValue 1024
   */
  readonly maxBufferedParts?: number | undefined;
  /**
   * The most bytes that wait for the reader, an integer of at least 1: the text in the parts, as UTF-8.
   *
   * @defaultValue 1048576
   */
  readonly maxBufferedBytes?: number | undefined;
  /**
   * What happens when more waits. Once `result()` was asked for, everything is kept whatever this says, since it asks for
   * the whole.
   *
   * @defaultValue `'pause'`
   */
  readonly bufferPolicy?: BufferPolicy | undefined;
}
