import type { ErrorCode } from '../spec/error-code.ts';

/** How long parts may take, in milliseconds; 0 for as long as they like. */
export interface StreamTimeouts {
  readonly firstTokenTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

export type TimeoutCode = Extract<ErrorCode, 'first-token-timeout' | 'idle-timeout'>;

/**
 * Watches how long a stream's parts take. Time counts while somebody waits: a reader that is busy with the last part is
 * not the engine being slow. Timers run only meanwhile, so they keep no stream from being collected, and none of them
 * keeps the process alive.
 */
export class PartDeadline {
  readonly #timeouts: StreamTimeouts;
  readonly #onExpiry: (code: TimeoutCode) => void;
  /** Delivers what has come; see `#expire`. */
  readonly #catchUp: () => void;
  #timer: NodeJS.Timeout | undefined;
  #arrivals = 0;
  #waiting = false;
  #stopped = false;

  constructor(timeouts: StreamTimeouts, onExpiry: (code: TimeoutCode) => void, catchUp: () => void) {
    this.#timeouts = timeouts;
    this.#onExpiry = onExpiry;
    this.#catchUp = catchUp;
  }

  /** The stream was read for the first time. */
  begin(): void {
    this.#arm('first-token-timeout', this.#timeouts.firstTokenTimeoutMs);
  }

  /** A part has come. */
  arrived(): void {
    this.#arrivals += 1;
    if (this.#arrivals > 1) {
      this.#timer?.refresh();
      return;
    }
    this.#disarm();
    if (this.#waiting) this.#arm('idle-timeout', this.#timeouts.idleTimeoutMs);
  }

  /** Whether somebody awaits a part or the result. */
  wait(waiting: boolean): void {
    if (waiting === this.#waiting) return;
    this.#waiting = waiting;
    // The time to the first part runs from the first read on, whatever happens in between.
    if (this.#arrivals === 0) return;
    if (waiting) this.#arm('idle-timeout', this.#timeouts.idleTimeoutMs);
    else this.#disarm();
  }

  /** The stream has ended or was left. */
  stop(): void {
    this.#stopped = true;
    this.#disarm();
  }

  #arm(code: TimeoutCode, ms: number): void {
    if (ms === 0 || this.#stopped) return;
    this.#timer = setTimeout(() => this.#expire(code), ms).unref();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  // A timer that runs late, because the reader kept the event loop busy, runs before the parts that came meanwhile are
  // delivered. They get their turn first.
  #expire(code: TimeoutCode): void {
    const timer = this.#timer;
    const arrivals = this.#arrivals;
    setImmediate(() => {
      this.#catchUp();
      if (!this.#stopped && this.#timer === timer && this.#arrivals === arrivals) this.#onExpiry(code);
    });
  }
}
