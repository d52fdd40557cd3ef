import type { AnyStreamPart } from '../spec/agent-part.ts';
import type { Generation } from './generation.ts';

/**
 * The iterator of one view of a stream. Written by hand, because the `return()` of an async generator waits for a
 * pending `next()`: leaving a stream would wait for the engine.
 */
export class PartIterator<Value> implements AsyncIterableIterator<Value, undefined>, AsyncDisposable {
  readonly #generation: Generation;
  readonly #valueOf: (part: AnyStreamPart) => Value;

  /** @param generation - one that this iterator's view has claimed for parts that `valueOf` can read */
  constructor(generation: Generation, valueOf: (part: AnyStreamPart) => Value) {
    this.#generation = generation;
    this.#valueOf = valueOf;
  }

  /** The next value; calls may overlap and are answered in order. */
  async next(): Promise<IteratorResult<Value, undefined>> {
    const read = await this.#generation.next();
    return read.done ? read : { done: false, value: this.#valueOf(read.value) };
  }

  /** Leaves the stream and cancels it. Resolves at once. */
  return(): Promise<IteratorResult<Value, undefined>> {
    this.#generation.leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Leaves the stream and cancels it. Rejects with `reason` at once. */
  throw(reason?: unknown): Promise<IteratorResult<Value, undefined>> {
    this.#generation.leave();
    return Promise.reject(reason);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#generation.leave();
  }
}
