import { TramontaneError } from '../../spec/tramontane-error.ts';
import { ReplayLog } from './replay-log.ts';
import type { ReplayLimits } from './replay-log.ts';
import { ReplayReader } from './replay-reader.ts';
import type { ReplaySource } from './replay-source.ts';

/** What a resumable stream is held to, and whom it tells. */
export interface ResumableStreamSettings extends ReplayLimits {
  /** How long it goes on without a reader, and how long it is kept once it is over and nobody reads it. */
  readonly graceMs: number;
  /**
   * What it does while nobody reads it. `wait`: it runs until what is kept for readers is full, then waits for one, and
   * is cancelled after `graceMs`. `run`: it runs to its end, and forgets what is oldest.
   */
  readonly unattended: 'wait' | 'run';
  /** Whether there is room for more among all streams. */
  readonly hasSharedRoom: () => boolean;
  /** Is told how much more, or less, is kept. */
  readonly onKept: (bytes: number) => void;
  /** Is told once that it is over and nobody came for it any more. */
  readonly onExpired: () => void;
}

/**
 * A stream of events that outlives its connection. It keeps the latest events, each numbered by an `id`, and any number
 * of readers take them from any number that is still kept. It asks its source for an event only when a reader waits for
 * one, so a slow reader slows the generation and nothing else; for as long as nobody reads, nothing is forgotten that a
 * reader may have missed: when what it keeps is full, it waits.
 */
export class ResumableStream {
  readonly id: string;
  readonly #source: ReplaySource;
  readonly #settings: ResumableStreamSettings;
  readonly #log = new ReplayLog();
  readonly #readers = new Set<ReplayReader>();
  #pulling = false;
  #cancelled = false;
  #impatient = false;
  #over = false;
  #failure: unknown;
  #grace: NodeJS.Timeout | undefined;

  constructor(id: string, source: ReplaySource, settings: ResumableStreamSettings) {
    this.id = id;
    this.#source = source;
    this.#settings = settings;
    if (settings.unattended === 'run') this.#pull();
    this.#watchGrace();
  }

  /** Whether its source has ended. */
  get over(): boolean {
    return this.#over;
  }

  /** Whether anybody reads it. */
  get attended(): boolean {
    return this.#readers.size > 0;
  }

  /** The number of the event that comes next. */
  get nextEvent(): number {
    return this.#log.next;
  }

  /**
   * Reads on from an event, first what is kept and then what comes.
   *
   * @param from - The number of the first event to read: 0, or one more than that of the last that was received.
   * @throws {TramontaneError} `stream-gone`, where the event is not kept any more; `invalid-argument`, where there was
   *   never one before it.
   */
  read(from: number): ReplayReader {
    this.#checkKept(from);
    if (from > this.#log.next) {
      const message = `the stream has had ${this.#log.next} events, so none of number ${from - 1}; send the id of the last event received`;
      throw new TramontaneError('invalid-argument', message, { field: 'last-event-id' });
    }
    const reader = new ReplayReader(from, {
      take: (number) => this.#take(number),
      wanted: () => this.#pull(),
      left: (which) => this.#left(which),
    });
    this.#readers.add(reader);
    this.#watchGrace();
    return reader;
  }

  /** Ends the generation. Readers still get what its source says at the end. */
  cancel(): void {
    if (this.#cancelled || this.#over) return;
    this.#cancelled = true;
    this.#source.cancel();
    this.#pull();
  }

  /** Has no patience any more: without a reader it is cancelled at once. */
  close(): void {
    this.#impatient = true;
    if (this.attended) return;
    this.cancel();
    this.#watchGrace();
  }

  /** Cancels, and expires as soon as it is over and its readers have gone. */
  discard(): void {
    this.cancel();
    this.close();
  }

  /** Lets go of all that is kept. */
  forget(): void {
    clearTimeout(this.#grace);
    let size = this.#forgetFirst();
    while (size > 0) size = this.#forgetFirst();
  }

  /** The event of this number, `undefined` where it is still to come, `null` after the last. */
  #take(number: number): string | undefined | null {
    this.#checkKept(number);
    const event = this.#log.at(number);
    if (event !== undefined || !this.#over) return event;
    if (this.#failure !== undefined) throw this.#failure;
    return null;
  }

  #checkKept(number: number): void {
    if (number >= this.#log.first) return;
    const message = `the events after number ${number - 1} of stream ${this.id} are not kept any more, only those from ${this.#log.first} on; ask anew`;
    throw new TramontaneError('stream-gone', message, { field: 'last-event-id' });
  }

  #left(reader: ReplayReader): void {
    if (!this.#readers.delete(reader)) return;
    this.#watchGrace();
    // Nobody asks any more, but what fits is kept.
    this.#pull();
  }

  #watchGrace(): void {
    clearTimeout(this.#grace);
    if (this.attended || (!this.#over && this.#settings.unattended === 'run')) return;
    const delayMs = this.#impatient ? 0 : this.#settings.graceMs;
    this.#grace = setTimeout(() => (this.#over ? this.#settings.onExpired() : this.cancel()), delayMs);
    // A server that is asked to end does not wait for who may come back.
    this.#grace.unref();
  }

  #mayPull(): boolean {
    if (this.#over) return false;
    if (this.#cancelled || this.#settings.unattended === 'run') return true;
    if (this.attended) return [...this.#readers].some((reader) => reader.waiting);
    return this.#log.hasRoom(this.#settings) && this.#settings.hasSharedRoom();
  }

  #pull(): void {
    if (this.#pulling || !this.#mayPull()) return;
    this.#pulling = true;
    this.#source.next().then(
      (read) => this.#pulled(read.done ? undefined : read.value),
      (failure: unknown) => {
        this.#failure = failure;
        this.#pulled(undefined);
      },
    );
  }

  #pulled(event: string | undefined): void {
    this.#pulling = false;
    if (event === undefined) {
      this.#over = true;
      this.#watchGrace();
    } else {
      this.#settings.onKept(this.#log.push(`id: ${this.#log.next}\n${event}`));
      this.#trim();
    }
    for (const reader of this.#readers) reader.wake();
    this.#pull();
  }

  /** Forgets what is too much: never what no reader has had, unless the stream runs whether it is read or not. */
  #trim(): void {
    const { unattended, hasSharedRoom } = this.#settings;
    if (unattended === 'wait' && !this.attended) return;
    const needed = unattended === 'run' ? this.#log.next - 1 : Math.max(...Array.from(this.#readers, ({ position }) => position));
    while (this.#log.first < needed && (this.#log.isOver(this.#settings) || !hasSharedRoom())) this.#forgetFirst();
  }

  #forgetFirst(): number {
    const size = this.#log.forgetFirst();
    if (size > 0) this.#settings.onKept(-size);
    return size;
  }
}
