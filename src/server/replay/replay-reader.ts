/** What a reader asks of its stream. */
export interface ReplayOwner {
  /** The event of this number; `undefined` where it is still to come, `null` after the last. Throws where it is gone. */
  readonly take: (number: number) => string | undefined | null;
  /** There is a reader that waits. */
  readonly wanted: () => void;
  readonly left: (reader: ReplayReader) => void;
}

type Read = IteratorResult<string, undefined>;

const end: Read = { done: true, value: undefined };

/** One reader of a resumable stream. Leaving it leaves the stream as it is. One `next()` at a time. */
export class ReplayReader implements AsyncIterableIterator<string, undefined> {
  readonly #owner: ReplayOwner;
  #position: number;
  #waiter: { readonly resolve: (read: Read) => void; readonly reject: (error: unknown) => void } | undefined;
  #left = false;

  constructor(from: number, owner: ReplayOwner) {
    this.#position = from;
    this.#owner = owner;
  }

  /** The number of the event that it reads next. */
  get position(): number {
    return this.#position;
  }

  get waiting(): boolean {
    return this.#waiter !== undefined;
  }

  next(): Promise<Read> {
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      this.wake();
      if (this.waiting) this.#owner.wanted();
    });
  }

  /** Leaves the stream; a read that waits ends. */
  return(): Promise<Read> {
    this.#leave();
    this.#waiter?.resolve(end);
    this.#waiter = undefined;
    return Promise.resolve(end);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Answers the read that waits, if there is something to answer. */
  wake(): void {
    const waiter = this.#waiter;
    if (!waiter) return;
    try {
      const event = this.#left ? null : this.#owner.take(this.#position);
      if (event === undefined) return;
      this.#waiter = undefined;
      if (event === null) this.#leave();
      else this.#position += 1;
      waiter.resolve(event === null ? end : { done: false, value: event });
    } catch (error) {
      this.#waiter = undefined;
      this.#leave();
      waiter.reject(error);
    }
  }

  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#owner.left(this);
  }
}
