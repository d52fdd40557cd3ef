import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { LineSink } from './recording-writer.ts';

/** Lines of a file, which is made anew. */
export class FileLines implements LineSink {
  readonly #file: string;
  #handle: FileHandle | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  async open(): Promise<void> {
    await this.#named(async () => {
      this.#handle = await open(this.#file, 'w');
    });
  }

  async write(lines: readonly string[]): Promise<void> {
    await this.#named(() => this.#handle?.appendFile(lines.join('')));
  }

  async close(): Promise<void> {
    await this.#named(() => this.#handle?.close());
  }

  async #named(work: () => Promise<void> | undefined): Promise<void> {
    try {
      await work();
    } catch (cause) {
      const message = `the recording ${this.#file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw new TramontaneError('invalid-argument', message, { field: 'to', file: this.#file, cause });
    }
  }
}
