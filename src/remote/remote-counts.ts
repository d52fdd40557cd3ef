import type { ModelMetrics } from '../spec/model-metrics.ts';
import type { Usage } from '../spec/usage.ts';
import type { Outcome, RemoteSource, SourceOwner } from './remote-source.ts';

/** A call that is no stream. */
export interface OpenCall {
  cancel(): void;
}

/** What runs over one connection, and what has. */
export class RemoteCounts implements SourceOwner {
  readonly #live = new Set<RemoteSource>();
  readonly #calls = new Set<OpenCall>();
  #begun = 0;
  readonly #ended: Record<Outcome, number> = { finished: 0, failed: 0, aborted: 0 };
  #inputTokens = 0;
  #cachedTokens = 0;
  #generatedTokens = 0;
  #closed = false;

  get closed(): boolean {
    return this.#closed;
  }

  began(source: RemoteSource): void {
    this.#live.add(source);
    this.#begun += 1;
  }

  ended(source: RemoteSource, outcome: Outcome, usage: Usage): void {
    if (!this.#live.delete(source)) return;
    this.#ended[outcome] += 1;
    this.#inputTokens += usage.inputTokens;
    this.#cachedTokens += usage.cachedInputTokens;
    this.#generatedTokens += usage.outputTokens;
  }

  /** Takes part in closing, until what is returned is called. */
  track(call: OpenCall): () => void {
    this.#calls.add(call);
    return () => void this.#calls.delete(call);
  }

  metrics(): ModelMetrics {
    const parked = [...this.#live].filter(({ paused }) => paused).length;
    return {
      liveSequences: this.#live.size - parked,
      queuedSequences: 0,
      parkedSequences: parked,
      totalSequences: this.#begun,
      finishedSequences: this.#ended.finished,
      failedSequences: this.#ended.failed,
      abortedSequences: this.#ended.aborted,
      inputTokens: this.#inputTokens,
      cachedTokens: this.#cachedTokens,
      prefillTokens: 0,
      generatedTokens: this.#generatedTokens,
      bellsRung: 0,
      unreadParts: 0,
    };
  }

  /** Cancels what runs, and refuses what is to come. */
  close(): void {
    this.#closed = true;
    for (const source of this.#live) source.cancel();
    for (const call of this.#calls) call.cancel();
  }
}
