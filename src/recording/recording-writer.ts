import type { AnyStreamPart } from '../spec/agent-part.ts';
import type { FailurePart } from '../spec/failure-part.ts';
import type { TramontaneError } from '../spec/tramontane-error.ts';
import type { StreamOrigin } from '../stream/part-source.ts';
import type { PartTap } from '../stream/relay.ts';
import { formatVersion } from './recording.ts';

/** Where the lines of a recording go. Whatever it throws fails the stream. */
export interface LineSink {
  open(): Promise<void>;
  write(lines: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface WriterOptions {
  /** Asked when the first line is written: a source may know by then only. */
  readonly originOf: () => StreamOrigin;
  readonly includeRequest: boolean;
  readonly now: () => number;
}

/** Writes a stream's parts down as they pass, one line each. What comes while a write is under way goes into the next. */
export class RecordingWriter implements PartTap {
  readonly #sink: LineSink;
  readonly #options: WriterOptions;
  #startedAt = 0;
  #previousMs = 0;
  #lines: string[] = [];
  #headerWritten = false;
  #writing: Promise<void> | undefined;
  #failure: unknown;

  constructor(sink: LineSink, options: WriterOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  async open(): Promise<void> {
    await this.#sink.open();
    this.#startedAt = this.#options.now();
  }

  note(part: AnyStreamPart | FailurePart): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#headerWritten) {
      this.#headerWritten = true;
      const { model, request } = this.#options.originOf();
      const shown = this.#options.includeRequest ? request : undefined;
      this.#lines.push(line({ tramontaneRecording: formatVersion, model, request: shown }));
    }
    // To the microsecond; and never back, whatever the clock does.
    const atMs = Math.max(this.#previousMs, Math.round((this.#options.now() - this.#startedAt) * 1000) / 1000);
    this.#previousMs = atMs;
    this.#lines.push(line({ atMs, part }));
    this.#writing ??= this.#write();
  }

  noteError({ code, message, field, file, retryAfterMs, partial }: TramontaneError): void {
    if (this.#failure !== undefined) return;
    const counts = partial && { usage: partial.usage, timings: partial.timings };
    this.note({
      type: 'error',
      error: {
        code,
        message,
        ...(field !== undefined && { field }),
        ...(file !== undefined && { file }),
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      },
      ...counts,
    });
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#sink.close();
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #write(): Promise<void> {
    try {
      while (this.#lines.length > 0) await this.#sink.write(this.#lines.splice(0));
    } catch (error) {
      this.#failure = error;
      this.#lines = [];
    }
    this.#writing = undefined;
  }
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
