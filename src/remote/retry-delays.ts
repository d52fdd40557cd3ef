import type { RemoteFailure } from './remote-failure.ts';

const firstDelayMs = 500;
const longestDelayMs = 8_000;
/** A server that asks for more is left alone: the caller is told how long, and may have something better to do. */
const longestAskedDelayMs = 60_000;

/** How long one call waits before it is made again, and when it no longer is. */
export class RetryDelays {
  #left: number;
  #delayMs = firstDelayMs;
  readonly #random: () => number;

  /** @param retries - How often at most, whatever the reasons are. */
  constructor(retries: number, random: () => number = Math.random) {
    this.#left = retries;
    this.#random = random;
  }

  /** In milliseconds; `undefined` where the failure is to be told. */
  after({ retry, failure: { retryAfterMs } }: RemoteFailure): number | undefined {
    if (retry === 'at-once') return 0;
    if (retry === 'never' || this.#left === 0) return undefined;
    if (retryAfterMs !== undefined && retryAfterMs > longestAskedDelayMs) return undefined;
    this.#left -= 1;
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(delayMs * 2, longestDelayMs);
    // Jittered, so that those who failed together do not come back together.
    return retryAfterMs ?? delayMs * (0.5 + this.#random() / 2);
  }
}

/**
 * What a response says of when to come back, in milliseconds: `Retry-After` in seconds or as a date (RFC 9110, section
 * 10.2.3), or OpenAI's `retry-after-ms`.
 */
export function retryAfterOf(header: (name: string) => string | undefined, now: number = Date.now()): number | undefined {
  const ms = header('retry-after-ms');
  if (ms !== undefined && /^\d+(\.\d+)?$/.test(ms)) return Math.round(Number(ms));
  const value = header('retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Math.round(Number(value) * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
