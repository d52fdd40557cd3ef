import type { ReplayLimits } from './replay-log.ts';
import type { ReplaySource } from './replay-source.ts';
import { ResumableStream } from './resumable-stream.ts';

/** How much all resumable streams together may keep, and for how long. */
export interface ResumableStreamsSettings extends ReplayLimits {
  readonly maxTotalBytes: number;
  readonly graceMs: number;
}

/** The resumable streams that can be found by their ids, within one budget of bytes. */
export class ResumableStreams {
  readonly #settings: ResumableStreamsSettings;
  readonly #streams = new Map<string, ResumableStream>();
  #bytes = 0;

  constructor(settings: ResumableStreamsSettings) {
    this.#settings = settings;
  }

  /** How much is kept of all of them. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Makes a source resumable.
   *
   * @param unattended - What it does while nobody reads it: `wait` for a reader, at most `graceMs`, or `run` to its end.
   */
  open(id: string, source: ReplaySource, unattended: 'wait' | 'run' = 'wait'): ResumableStream {
    const { maxEvents, maxBytes, maxTotalBytes, graceMs } = this.#settings;
    const stream = new ResumableStream(id, source, {
      maxEvents,
      maxBytes,
      graceMs,
      unattended,
      hasSharedRoom: () => this.#bytes <= maxTotalBytes,
      onKept: (bytes) => {
        this.#bytes += bytes;
        if (this.#bytes > maxTotalBytes) this.#forgetFinished();
      },
      onExpired: () => this.#remove(stream),
    });
    this.#streams.set(id, stream);
    return stream;
  }

  get(id: string): ResumableStream | undefined {
    return this.#streams.get(id);
  }

  /** Cancels a stream at once and forgets it. Whether there was one. */
  delete(id: string): boolean {
    const stream = this.#streams.get(id);
    // Its readers may still take its last events, but nobody else finds it.
    this.#streams.delete(id);
    stream?.discard();
    return stream !== undefined;
  }

  /** Cancels what nobody reads, and from now on each stream that its readers leave. */
  close(): void {
    for (const stream of this.#streams.values()) stream.close();
  }

  /** Streams that are over go before any that runs has to forget or to wait, the oldest first. */
  #forgetFinished(): void {
    for (const stream of this.#streams.values()) {
      if (this.#bytes <= this.#settings.maxTotalBytes) return;
      if (stream.over && !stream.attended) this.#remove(stream);
    }
  }

  #remove(stream: ResumableStream): void {
    if (this.#streams.get(stream.id) === stream) this.#streams.delete(stream.id);
    stream.forget();
  }
}
