/** What was counted of the requests that were answered alike. */
export interface RequestCounts {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  requests: number;
  seconds: number;
  /** How many took at most so long as {@link durationBounds} says in the same place. */
  readonly buckets: number[];
}

/** In seconds. An answer may be one health check or thousands of tokens. */
export const durationBounds = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600] as const;

// A caller must not make as many series as it likes.
const methods = new Set(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'UPGRADE']);

/** What a handler does now, and has done. */
export class ServerMetrics {
  readonly inFlight = new Map<string, number>();
  readonly counts = new Map<string, RequestCounts>();

  /** A request has come; the function that it gives is called once with the status of its answer. */
  begin(givenMethod: string, route: string): (status: number) => void {
    const method = methods.has(givenMethod) ? givenMethod : 'other';
    const beganAt = performance.now();
    this.inFlight.set(route, (this.inFlight.get(route) ?? 0) + 1);
    return (status) => {
      this.inFlight.set(route, (this.inFlight.get(route) ?? 1) - 1);
      this.#count(method, route, status, (performance.now() - beganAt) / 1000);
    };
  }

  #count(method: string, route: string, status: number, seconds: number): void {
    const key = `${method} ${route} ${status}`;
    const counts = this.counts.get(key) ?? { method, route, status, requests: 0, seconds: 0, buckets: durationBounds.map(() => 0) };
    this.counts.set(key, counts);
    counts.requests += 1;
    counts.seconds += seconds;
    for (const [place, bound] of durationBounds.entries()) if (seconds <= bound) counts.buckets[place] = (counts.buckets[place] ?? 0) + 1;
  }
}
