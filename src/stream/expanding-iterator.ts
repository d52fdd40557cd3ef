import type { AnyStreamPart } from '../spec/agent-part.ts';
import type { Generation } from './generation.ts';

/** The iterator of a view that makes any number of values of each part. Otherwise as `PartIterator`. */
export class ExpandingIterator<Value> implements AsyncIterableIterator<Value, undefined>, AsyncDisposable {
  readonly #generation: Generation;
  readonly #valuesOf: (part: AnyStreamPart) => readonly Value[];
  #ready: Value[] = [];
  #left = false;
  /** The read before, so that overlapping ones are answered in order. */
  #previous: Promise<unknown> = Promise.resolve();

  /** @param generation - one that this iterator's view has claimed for parts that `valuesOf` can read */
  constructor(generation: Generation, valuesOf: (part: AnyStreamPart) => readonly Value[]) {
    this.#generation = generation;
    this.#valuesOf = valuesOf;
  }

  /** The next value; calls may overlap and are answered in order. */
  next(): Promise<IteratorResult<Value, undefined>> {
    const read = this.#previous.then(() => this.#take());
    this.#previous = read.catch(() => {});
    return read;
  }

  /** Leaves the stream and cancels it. Resolves at once. */
  return(): Promise<IteratorResult<Value, undefined>> {
    this.#leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Leaves the stream and cancels it. Rejects with `reason` at once. */
  throw(reason?: unknown): Promise<IteratorResult<Value, undefined>> {
    this.#leave();
    return Promise.reject(reason);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leave();
  }

  async #take(): Promise<IteratorResult<Value, undefined>> {
    while (this.#ready.length === 0) {
      const read = await this.#generation.next();
      if (read.done || this.#left) return { done: true, value: undefined };
      this.#ready.push(...this.#valuesOf(read.value));
    }
    return { done: false, value: this.#ready.shift() as Value };
  }

  #leave(): void {
    this.#left = true;
    this.#ready = [];
    this.#generation.leave();
  }
}
