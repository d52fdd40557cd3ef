import { checkPrintOptions } from '../request/check-view-options.ts';
import type { AnyStreamPart } from '../spec/agent-part.ts';
import type { GenerationResult } from '../spec/generation-result.ts';
import type { PrintOptions } from '../spec/view-options.ts';
import { WholeCharacters } from './whole-characters.ts';

/** What can be printed: any stream of parts that can tell what it came to. */
export interface PrintableStream {
  [Symbol.asyncIterator](): AsyncIterator<AnyStreamPart, undefined>;
  result(): Promise<GenerationResult>;
}

/** How a pipe says that nobody reads it any more. */
const closedCodes = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END', 'ERR_STREAM_PREMATURE_CLOSE']);

/**
 * Writes a stream's text as it comes. It waits while the writable is full, leaves tool calls out, adds nothing at the
 * end, and leaves the writable open. Of an agent's run the rounds' texts are set apart by an empty line.
 *
 * Where the reader at the other end goes away (`head`, a closed connection), the generation is cancelled; that is no
 * error.
 *
 * @param stream - What to print. It is read here, so it cannot be read elsewhere too.
 * @param writable - Where to. Defaults to the terminal, `process.stdout`.
 * @returns What the stream came to, once all of it is written; finishReason `aborted` where the writable was closed.
 * @throws What reading the stream throws, after writing what came before; and any other error of the writable, which
 *   cancels the generation.
 * @example
 * const { usage } = await printStream(model.streamPrompt('Why is the sky blue?'));
 */
export async function printStream(
  stream: PrintableStream,
  writable: NodeJS.WritableStream = process.stdout,
  options?: PrintOptions,
): Promise<GenerationResult> {
  const { reasoning = false } = checkPrintOptions(options);
  const parts = stream[Symbol.asyncIterator]();
  const printer = new Printer(writable, () => void parts.return?.());
  const characters = new WholeCharacters();
  let thinking = false;
  /** Whether what follows is set apart from the text before. */
  let apart = false;
  let written = false;
  try {
    while (!printer.closed) {
      const read = await parts.next();
      if (read.done) break;
      const part = read.value;
      if (part.type === 'text-delta') {
        if (thinking || (apart && written)) await printer.write(`${characters.rest()}\n\n`);
        thinking = false;
        apart = false;
        written = true;
        await printer.write(characters.take(part.delta));
      } else if (part.type === 'reasoning-delta' && reasoning) {
        thinking = true;
        await printer.write(characters.take(part.delta));
      } else if (part.type === 'round-finish') {
        apart = true;
      }
    }
    await printer.write(characters.rest());
  } finally {
    await printer.end();
  }
  if (printer.failure) throw printer.failure;
  return stream.result();
}

/** Writes to a stream that may fill up, close or fail at any time. */
class Printer {
  readonly #writable: NodeJS.WritableStream;
  readonly #onClosed: () => void;
  #unwritten = 0;
  /** Goes on with what waits for room or for the last write. */
  #wake: () => void = () => {};
  closed = false;
  failure: Error | undefined;

  constructor(writable: NodeJS.WritableStream, onClosed: () => void) {
    this.#writable = writable;
    this.#onClosed = onClosed;
    writable.on('error', this.#onError).on('close', this.#onClose).on('drain', this.#onDrain);
    if (writable.writable === false) this.#onClose();
  }

  /** Resolves when more can be written. */
  async write(text: string): Promise<void> {
    if (text === '' || this.closed) return;
    this.#unwritten += 1;
    const hasRoom = this.#writable.write(text, () => {
      this.#unwritten -= 1;
      if (this.#unwritten === 0) this.#wake();
    });
    if (!hasRoom) await this.#sleep();
  }

  /** Waits until everything is written, as the error of a last write comes late, and lets go of the writable. */
  async end(): Promise<void> {
    while (this.#unwritten > 0 && !this.closed) await this.#sleep();
    this.#writable.off('error', this.#onError).off('close', this.#onClose).off('drain', this.#onDrain);
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  readonly #onDrain = (): void => this.#wake();

  readonly #onError = (error: Error & { readonly code?: unknown }): void => {
    if (!closedCodes.has(String(error.code))) this.failure ??= error;
    this.#onClose();
  };

  readonly #onClose = (): void => {
    if (this.closed) return;
    this.closed = true;
    this.#onClosed();
    this.#wake();
  };
}
