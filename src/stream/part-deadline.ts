import type { ErrorCode } from '../spec/error-code.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { PartialGeneration } from '../spec/tramontane-error.ts';
import { nextTurn } from './next-turn.ts';

/** How long parts may take, in milliseconds; 0 for as long as they like. */
export interface StreamTimeouts {
  readonly firstTokenTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

export type TimeoutCode = Extract<ErrorCode, 'first-token-timeout' | 'idle-timeout'>;

/** A timer: on a web page a number, which can neither be let go of nor be started anew. */
type Timer = Partial<Pick<NodeJS.Timeout, 'refresh' | 'unref'>>;

/** What is being watched. */
interface Watch {
  readonly code: TimeoutCode;
  /** What was left of its time when its timer was last started. */
  leftMs: number;
}

/**
 * Watches how long a stream's parts take. Time counts while somebody waits: a reader that is busy with the last part is
 * not the engine being slow, nor is a stream that is paused. Timers run only meanwhile, so they keep no stream from being
 * collected, and none of them keeps the process alive.
 */
export class PartDeadline {
  readonly #timeouts: StreamTimeouts;
  readonly #onExpiry: (code: TimeoutCode) => void;
  /** Delivers what has come; see `#expire`. */
  readonly #catchUp: () => void;
  #watch: Watch | undefined;
  #timer: Timer | undefined;
  #startedAt = 0;
  #arrivals = 0;
  #waiting = false;
  #paused = false;
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
    const { idleTimeoutMs } = this.#timeouts;
    if (this.#arrivals > 1 && this.#timer?.refresh && this.#watch?.leftMs === idleTimeoutMs) {
      this.#timer.refresh();
      this.#startedAt = performance.now();
      return;
    }
    this.#disarm();
    if (this.#waiting) this.#arm('idle-timeout', idleTimeoutMs);
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

  /** Whether the stream is paused. What was left of a time when it was is left when it goes on. */
  setPaused(paused: boolean): void {
    this.#paused = paused;
    if (!paused) {
      this.#start();
      return;
    }
    if (!this.#timer || !this.#watch) return;
    this.#watch.leftMs -= Math.min(this.#watch.leftMs - 1, performance.now() - this.#startedAt);
    clearTimeout(this.#timer as NodeJS.Timeout);
    this.#timer = undefined;
  }

  /** The stream has ended or was left. */
  stop(): void {
    this.#stopped = true;
    this.#disarm();
  }

  #arm(code: TimeoutCode, ms: number): void {
    if (ms === 0 || this.#stopped) return;
    this.#watch = { code, leftMs: ms };
    this.#start();
  }

  #start(): void {
    const watch = this.#watch;
    if (!watch || this.#timer || this.#paused) return;
    this.#startedAt = performance.now();
    this.#timer = setTimeout(() => this.#expire(watch.code), watch.leftMs) as Timer;
    this.#timer.unref?.();
  }

  #disarm(): void {
    clearTimeout(this.#timer as NodeJS.Timeout);
    this.#timer = undefined;
    this.#watch = undefined;
  }

  // A timer that runs late, because the reader kept the event loop busy, runs before the parts that came meanwhile are
  // delivered. They get their turn first.
  #expire(code: TimeoutCode): void {
    const timer = this.#timer;
    const arrivals = this.#arrivals;
    nextTurn(() => {
      this.#catchUp();
      if (!this.#stopped && this.#timer === timer && this.#arrivals === arrivals) this.#onExpiry(code);
    });
  }
}

/** The error of a stream of which a part took too long. */
export function timeoutError(code: TimeoutCode, timeouts: StreamTimeouts, partial: PartialGeneration): TramontaneError {
  const message =
    code === 'first-token-timeout'
      ? `nothing was generated within ${timeouts.firstTokenTimeoutMs} ms (firstTokenTimeoutMs)`
      : `nothing followed the last part within ${timeouts.idleTimeoutMs} ms (idleTimeoutMs)`;
  return new TramontaneError(code, message, { partial });
}
