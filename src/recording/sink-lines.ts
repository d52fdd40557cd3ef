import type { RecordingSink } from '../spec/recording-options.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { LineSink } from './recording-writer.ts';

/** Lines given to a function, one after the other: each when it is done with the one before. */
export class SinkLines implements LineSink {
  readonly #sink: RecordingSink;

  constructor(sink: RecordingSink) {
    this.#sink = sink;
  }

  async open(): Promise<void> {}

  async write(lines: readonly string[]): Promise<void> {
    try {
      for (const line of lines) await this.#sink(line);
    } catch (cause) {
      throw new TramontaneError('invalid-argument', 'the function that takes the recording threw', { field: 'to', cause });
    }
  }

  async close(): Promise<void> {}
}
