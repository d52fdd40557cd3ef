import type { FinishPart } from '../spec/stream-part.ts';

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

/** How long something took, for each model. */
export interface LatencyCounts {
  count: number;
  seconds: number;
  /** How many took at most so long as {@link latencyBounds} says in the same place. */
  readonly buckets: number[];
}

/** In seconds: from a token of a small model to the first of a long prompt. */
export const latencyBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

// A caller must not make as many series as it likes.
const methods = new Set(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'UPGRADE']);

/** What a handler does now, and has done. */
export class ServerMetrics {
  readonly inFlight = new Map<string, number>();
  readonly counts = new Map<string, RequestCounts>();
  /** By the models' names, of each answer. */
  readonly firstToken = new Map<string, LatencyCounts>();
  readonly nextToken = new Map<string, LatencyCounts>();

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

  /** An answer of a model has come to its end, which tells where its time went. */
  answered(model: string, { timings: { firstTokenMs, tokensPerSecond } }: Pick<FinishPart, 'timings'>): void {
    if (firstTokenMs !== null) observe(this.firstToken, model, firstTokenMs / 1000);
    if (tokensPerSecond !== null && tokensPerSecond > 0) observe(this.nextToken, model, 1 / tokensPerSecond);
  }

  #count(method: string, route: string, status: number, seconds: number): void {
    const key = `${method} ${route} ${status}`;
    const counts = this.counts.get(key) ?? { method, route, status, requests: 0, seconds: 0, buckets: durationBounds.map(() => 0) };
    this.counts.set(key, counts);
    counts.requests += 1;
    counts.seconds += seconds;
    fill(counts.buckets, durationBounds, seconds);
  }
}

function observe(latencies: Map<string, LatencyCounts>, model: string, seconds: number): void {
  const counts = latencies.get(model) ?? { count: 0, seconds: 0, buckets: latencyBounds.map(() => 0) };
  latencies.set(model, counts);
  counts.count += 1;
  counts.seconds += seconds;
  fill(counts.buckets, latencyBounds, seconds);
}

function fill(buckets: number[], bounds: readonly number[], seconds: number): void {
  for (const [place, bound] of bounds.entries()) if (seconds <= bound) buckets[place] = (buckets[place] ?? 0) + 1;
}
