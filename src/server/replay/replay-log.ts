/** How much of a stream is kept for those who come back. */
export interface ReplayLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/** The latest events of a stream, numbered from 0: a queue that forgets at its front and never changes a number. */
export class ReplayLog {
  #events: (string | undefined)[] = [];
  /** Where in the array the first kept event is; what lies before is given back now and then. */
  #head = 0;
  #first = 0;
  #bytes = 0;

  /** The number of the oldest event that is kept. */
  get first(): number {
    return this.#first;
  }

  /** The number that the next event will have. */
  get next(): number {
    return this.#first + this.#events.length - this.#head;
  }

  /** Of the events that are kept, as UTF-8. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether another event fits without one being forgotten. */
  hasRoom({ maxEvents, maxBytes }: ReplayLimits): boolean {
    return this.next - this.first < maxEvents && this.#bytes < maxBytes;
  }

  /** Whether more is kept than there should be. */
  isOver({ maxEvents, maxBytes }: ReplayLimits): boolean {
    return this.next - this.first > maxEvents || this.#bytes > maxBytes;
  }

  /** Keeps an event. Gives its size. */
  push(event: string): number {
    const size = Buffer.byteLength(event);
    this.#events.push(event);
    this.#bytes += size;
    return size;
  }

  /** The event of this number; `undefined` where it is forgotten or still to come. */
  at(number: number): string | undefined {
    return number < this.#first ? undefined : this.#events[this.#head + number - this.#first];
  }

  /** Forgets the oldest event. Gives its size; 0 where there is none. */
  forgetFirst(): number {
    const event = this.#events[this.#head];
    if (event === undefined) return 0;
    this.#events[this.#head] = undefined;
    this.#head += 1;
    this.#first += 1;
    if (this.#head > 64 && this.#head * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
    const size = Buffer.byteLength(event);
    this.#bytes -= size;
    return size;
  }
}
