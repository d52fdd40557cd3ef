import type { FinishPart, StreamPart } from '../../spec/stream-part.ts';
import type { GenerationStream } from '../../stream/generation-stream.ts';

/** A part, and which of the streams it is of. */
export interface IndexedPart {
  readonly index: number;
  readonly part: StreamPart;
}

/**
 * The parts of several streams as they come, those of each in order. It reads one part ahead of each stream and no more,
 * so that a slow reader holds back all of them. Where one fails, or the iterator is left, all are left.
 */
export class MergedParts implements AsyncIterator<IndexedPart, undefined> {
  readonly #iterators: readonly AsyncIterator<StreamPart, undefined>[];
  /** Streams of which no part is being read. */
  #idle: number[];
  readonly #ready: (IndexedPart | { readonly error: unknown })[] = [];
  readonly #onFinish: (finish: FinishPart) => void;
  #reading = 0;
  #wake: (() => void) | undefined;

  /** @param onFinish - is told the last part of each stream, once it has come */
  constructor(streams: readonly GenerationStream[], onFinish: (finish: FinishPart) => void) {
    this.#onFinish = onFinish;
    this.#iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
    this.#idle = streams.map((_, index) => index);
  }

  /** Calls must not overlap. */
  async next(): Promise<IteratorResult<IndexedPart, undefined>> {
    for (const index of this.#idle.splice(0)) this.#read(index);
    while (this.#ready.length === 0) {
      if (this.#reading === 0) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const ready = this.#ready.shift();
    if (!ready) return { done: true, value: undefined };
    if (!('error' in ready)) {
      this.#idle.push(ready.index);
      return { done: false, value: ready };
    }
    await this.return();
    throw ready.error;
  }

  async return(): Promise<IteratorResult<IndexedPart, undefined>> {
    await Promise.all(this.#iterators.map((iterator) => iterator.return?.()));
    return { done: true, value: undefined };
  }

  #read(index: number): void {
    this.#reading += 1;
    const settled = (ready: IndexedPart | { readonly error: unknown } | undefined) => {
      this.#reading -= 1;
      if (ready) this.#ready.push(ready);
      if (ready && 'part' in ready && ready.part.type === 'finish') this.#onFinish(ready.part);
      this.#wake?.();
    };
    this.#iterators[index]?.next().then(
      (read) => settled(read.done ? undefined : { index, part: read.value }),
      (error: unknown) => settled({ error }),
    );
  }
}
