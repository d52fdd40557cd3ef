/** How values become chunks of a web stream. */
export interface Chunks<Value, Chunk> {
  /** The chunk of a value; `undefined` where it makes none. */
  readonly chunkOf: (value: Value) => Chunk | undefined;
  /** What closes the stream, after the last value. */
  readonly last?: () => Chunk | undefined;
  /** What closes the stream in place of an error; without it, the error is that of the stream. */
  readonly lastOnError?: (error: unknown) => Chunk;
}

/**
 * A web stream of an iterator's values. It asks for a value only when it is read, and so begins with its first read;
 * cancelling it leaves the iterator.
 */
export function toReadableStream<Value, Chunk>(
  iterator: AsyncIterator<Value, undefined>,
  { chunkOf, last, lastOnError }: Chunks<Value, Chunk>,
): ReadableStream<Chunk> {
  let cancelled = false;
  const close = (controller: ReadableStreamDefaultController<Chunk>, chunk: Chunk | undefined) => {
    if (cancelled) return;
    if (chunk !== undefined) controller.enqueue(chunk);
    controller.close();
  };
  return new ReadableStream<Chunk>(
    {
      async pull(controller) {
        try {
          let chunk: Chunk | undefined;
          while (chunk === undefined) {
            const read = await iterator.next();
            if (read.done) {
              close(controller, last?.());
              return;
            }
            chunk = chunkOf(read.value);
          }
          if (!cancelled) controller.enqueue(chunk);
        } catch (error) {
          if (!lastOnError) throw error;
          close(controller, lastOnError(error));
        }
      },
      async cancel() {
        cancelled = true;
        await iterator.return?.();
      },
    },
    // Reads nothing ahead: a stream begins with its first read, and what is read ahead would be lost by leaving.
    { highWaterMark: 0 },
  );
}
