import type { Readable } from 'node:stream';
import type { AnyStreamPart } from '../spec/agent-part.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { WholeCharacters } from './whole-characters.ts';

/** A Node stream of text, as strings. Begins with its first read; destroying it leaves the iterator. */
export function textToNodeReadable(deltas: AsyncIterator<string, undefined>): Readable {
  const characters = new WholeCharacters();
  return toNodeReadable(deltas, { encoding: 'utf8' }, (delta) => characters.take(delta), () => characters.rest());
}

/** A Node stream of parts, in object mode. Begins with its first read; destroying it leaves the iterator. */
export function partsToNodeReadable(parts: AsyncIterator<AnyStreamPart, undefined>): Readable {
  return toNodeReadable(parts, { objectMode: true }, (part) => part, () => '');
}

function toNodeReadable<Value>(
  iterator: AsyncIterator<Value, undefined>,
  options: { readonly encoding?: BufferEncoding; readonly objectMode?: boolean },
  chunkOf: (value: Value) => unknown,
  rest: () => string,
): Readable {
  const { Readable } = nodeStreams();
  const readNext = async (readable: Readable) => {
    let chunk: unknown = '';
    // An empty chunk is not taken for an answer to a read.
    while (chunk === '') {
      const read = await iterator.next();
      if (read.done) {
        const last = rest();
        if (last !== '') readable.push(last);
        readable.push(null);
        return;
      }
      chunk = chunkOf(read.value);
    }
    readable.push(chunk);
  };
  return new Readable({
    ...options,
    // Reads nothing ahead: a stream begins with its first read, and destroying it by an error would lose what was.
    highWaterMark: 0,
    read() {
      readNext(this).catch((error: unknown) => this.destroy(error as Error));
    },
    destroy(error, callback) {
      // Leaving never waits, and so neither does this.
      void iterator.return?.();
      callback(error);
    },
  });
}

/** Looked for when it is asked for, as streams are read on web pages too, where there is none. */
function nodeStreams(): { readonly Readable: typeof Readable } {
  // Not `process` alone, which is no name at all there.
  const { process } = globalThis as { readonly process?: Partial<NodeJS.Process> };
  const streams = process?.getBuiltinModule?.('node:stream');
  if (streams) return streams;
  throw new TramontaneError('invalid-argument', 'there are no Node streams here; use toReadableStream() or toTextReadableStream()');
}
