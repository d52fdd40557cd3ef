import type { GenerationStream, PrintableStream, StreamPart } from '../../index.ts';

/** A stream whose parts pass through `map` on their way to `printStream`; leaving it leaves the stream. */
export function mappedStream(stream: GenerationStream, map: (part: StreamPart) => StreamPart): PrintableStream {
  return {
    [Symbol.asyncIterator]() {
      const parts = stream[Symbol.asyncIterator]();
      return {
        async next() {
          const read = await parts.next();
          return read.done ? read : { done: false, value: map(read.value) };
        },
        async return() {
          await parts.return?.();
          return { done: true, value: undefined };
        },
      };
    },
    result: () => stream.result(),
  };
}
