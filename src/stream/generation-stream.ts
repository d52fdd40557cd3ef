import type { GenerationResult } from '../spec/generation-result.ts';
import type { StreamPart, TextDeltaPart } from '../spec/stream-part.ts';
import type { Generation } from './generation.ts';
import { PartIterator } from './part-iterator.ts';

/**
 * One generation, read part by part as it is computed.
 *
 * **Start.** Nothing is computed until the first read: the first `next()` of a loop, or `result()`. A stream that is
 * never read costs nothing.
 *
 * **Reading.** Iterate the stream for its parts, or `textStream` for its text alone: one of them, once. `result()` can
 * be asked for beside either, before, during or after. Parts wait here until they are read: a slow reader delays
 * neither the engine nor another stream.
 *
 * **Leaving.** `break`, `return`, an error thrown in the loop, `cancel()`, `abortSignal`, the end of an `await using`
 * scope, or simply letting go of the stream: each frees the sequence and its KV cache within one decode step, and one
 * that was still queued never begins. None of them waits for the engine.
 *
 * **Failing.** Whatever goes wrong, a bad request included, is thrown by the read that meets it, after all parts before
 * it; making a stream never throws. The error is a {@link TramontaneError}, and its `partial` holds the text so far.
 *
 * @example Show text as it comes, and keep the whole
 * const stream = model.streamPrompt('Why is the sky blue?');
 * for await (const part of stream) {
 *   if (part.type === 'text-delta') process.stdout.write(part.delta);
 * }
 * const { text, usage } = await stream.result();
 */
export class GenerationStream implements AsyncIterable<StreamPart>, AsyncDisposable {
  readonly #generation: Generation;

  private constructor(generation: Generation) {
    this.#generation = generation;
  }

  /** @internal */
  static of(generation: Generation): GenerationStream {
    return new GenerationStream(generation);
  }

  /**
   * Reads the parts: `text-delta` as the text comes, then one `finish`. Called by `for await`.
   *
   * Calls of `next()` may overlap and are answered in order. `return()` and `throw()` cancel and settle at once, and end
   * a `next()` that is still pending. An error is thrown by one `next()`; after it the iterator is done.
   *
   * @throws {TramontaneError} `invalid-argument` at once, where this stream or its `textStream` is already being read.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<StreamPart, undefined> {
    this.#generation.claim(() => true);
    return new PartIterator(this.#generation, (part) => part);
  }

  /**
   * The text alone: each delta as a string, ending where the generation ends. Reading it is reading the stream, with the
   * same rules for starting, leaving and failing; why it ended and what it used is in `result()`.
   *
   * @example
   * for await (const delta of model.streamPrompt('Write a haiku.').textStream) process.stdout.write(delta);
   */
  get textStream(): AsyncIterable<string> {
    const generation = this.#generation;
    return {
      [Symbol.asyncIterator](): AsyncIterableIterator<string, undefined> {
        generation.claim((part) => part.type === 'text-delta');
        return new PartIterator(generation, (part) => (part as TextDeltaPart).delta);
      },
    };
  }

  /**
   * The whole generation, once it has ended. Starts it where nothing was read yet, takes no part away from a reader,
   * and gives the same promise each time.
   *
   * A cancelled generation is a result too: finishReason `aborted`, with all the text there was. Where the generation
   * had already ended by itself when it was left, the result says so.
   *
   * @throws {TramontaneError} The error that iterating throws. If a reader gets it, this promise may go unawaited
   *   without an unhandled rejection.
   */
  result(): Promise<GenerationResult> {
    return this.#generation.result();
  }

  /**
   * Ends the generation as it stands. Not an error: a reader still gets the parts made so far, then `finish` with
   * finishReason `aborted`. A stream that was not started never will be. Any time, any number of times; once the stream
   * has ended, it has no effect.
   */
  cancel(): void {
    this.#generation.cancel();
  }

  /** Cancels and drops what is unread: `await using stream = ...` frees it at the end of the scope. Resolves at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#generation.leave();
  }
}
