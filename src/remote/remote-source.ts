import type { Failure, FailurePart } from '../spec/failure-part.ts';
import type { StreamPart } from '../spec/stream-part.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { nothingUsed } from '../spec/usage.ts';
import type { Usage } from '../spec/usage.ts';
import type { PartSink, PartSource, StreamOrigin } from '../stream/part-source.ts';
import { refuseRaisedSignal } from '../stream/refuse-raised-signal.ts';
import type { RemoteRequest } from './dialect.ts';
import type { Endpoint } from './endpoint.ts';
import { PauseGate } from './pause-gate.ts';
import { RemoteAttempt, asked } from './remote-attempt.ts';
import type { Asked, PartTaker } from './remote-attempt.ts';
import { RemoteFailure, failureOf, isPassing } from './remote-failure.ts';
import { RemoteStopwatch } from './remote-stopwatch.ts';
import { RetryDelays } from './retry-delays.ts';
import { RetryTimer } from './retry-timer.ts';

export type Outcome = 'finished' | 'failed' | 'aborted';

/** Whose stream it is. */
export interface SourceOwner {
  readonly closed: boolean;
  began(source: RemoteSource): void;
  ended(source: RemoteSource, outcome: Outcome, usage: Usage): void;
}

export interface RemoteStreamOptions {
  readonly retries: number;
  readonly abortSignal: AbortSignal | undefined;
}

/**
 * One generation of a remote engine. Its body is read when there is somebody to read it for: while it is paused nothing
 * is taken from the connection, so that TCP tells the server to wait. The connection keeps the process alive only while
 * somebody awaits a part.
 */
export class RemoteSource implements PartSource {
  readonly #endpoint: Endpoint;
  readonly #request: RemoteRequest;
  readonly #options: RemoteStreamOptions;
  readonly #owner: SourceOwner;
  /** Weak, so that a stream nobody can read any more is collected, and cancelled by that. */
  #sink: WeakRef<PartSink> | undefined;
  #held: PartSink | undefined;
  #stopwatch = new RemoteStopwatch();
  readonly #gate = new PauseGate();
  readonly #retryTimer = new RetryTimer();
  #attempt: RemoteAttempt | undefined;
  #hasContent = false;
  #cancelledAt: number | undefined;
  #over = false;
  /** What the engine has told of its tokens in an answer that it did not bring to its end. */
  #usage: Usage = nothingUsed;
  readonly #onAbort = () => this.cancel();

  constructor(endpoint: Endpoint, request: RemoteRequest, options: RemoteStreamOptions, owner: SourceOwner) {
    this.#endpoint = endpoint;
    this.#request = request;
    this.#options = options;
    this.#owner = owner;
  }

  get origin(): StreamOrigin {
    const { model, prompt, options } = this.#request;
    return { model, request: { prompt, ...options } };
  }

  get cancelled(): boolean {
    return this.#cancelledAt !== undefined || this.#options.abortSignal?.aborted === true;
  }

  readonly queuePosition = null;

  get paused(): boolean {
    return this.#gate.paused;
  }

  start(sink: PartSink): void {
    const { abortSignal } = this.#options;
    if (this.#owner.closed) throw new TramontaneError('closed', 'the model was closed; connect again to generate');
    refuseRaisedSignal(abortSignal);
    if (this.cancelled) return;
    // What cannot be asked for is told before anything is sent.
    const first = asked(this.#endpoint, this.#request);
    this.#sink = new WeakRef(sink);
    this.#stopwatch = new RemoteStopwatch();
    abandoned.register(sink, this, this);
    abortSignal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#owner.began(this);
    void this.#run(first);
  }

  cancel(): void {
    if (this.#cancelledAt !== undefined) return;
    this.#cancelledAt = performance.now();
    if (!this.#sink || this.#over) return;
    const usage = this.#usageUntilNow();
    const sink = this.#end('aborted', usage);
    const timings = this.#stopwatch.timings(usage.outputTokens, this.#cancelledAt);
    // Not before the caller of this has gone on: it may be about to drop what is unread.
    queueMicrotask(() => sink?.deliver({ type: 'finish', finishReason: 'aborted', usage, timings }));
  }

  pause(): void {
    if (this.#over) return;
    this.#gate.pause();
    this.#stopwatch.setPaused(true);
    this.#updateAwaited();
  }

  resume(): void {
    this.#stopwatch.setPaused(false);
    this.#gate.resume();
    this.#updateAwaited();
  }

  hold(sink: PartSink | undefined): void {
    this.#held = this.#over ? undefined : sink;
    this.#updateAwaited();
  }

  get #awaited(): boolean {
    return this.#held !== undefined && !this.#gate.paused;
  }

  #updateAwaited(): void {
    this.#attempt?.setAwaited(this.#awaited);
    this.#retryTimer.setAwaited(this.#awaited);
  }

  async #run(first: Asked): Promise<void> {
    const delays = new RetryDelays(this.#options.retries);
    const taker: PartTaker = {
      isOver: () => this.#over,
      untilResumed: () => this.#gate.untilResumed(),
      take: (parts) => this.#take(parts),
    };
    let ask = first;
    try {
      while (!this.#over) {
        // It may have turned out that another protocol is spoken there.
        if (this.#endpoint.spoken.dialect !== ask.spoken.dialect) ask = asked(this.#endpoint, this.#request);
        this.#attempt = new RemoteAttempt(this.#endpoint, this.#request, ask, this.#awaited);
        const failure = await this.#attempt.read(taker);
        if (!failure || this.#over) return;
        const delayMs = this.#hasContent ? undefined : delays.after(failure);
        if (delayMs === undefined) {
          this.#fail(failure.failure);
          return;
        }
        await this.#retryTimer.wait(delayMs, this.#awaited);
        await this.#gate.untilResumed();
      }
    } catch (cause) {
      this.#fail(failureOf(cause).failure);
    }
  }

  /** @returns the failure that `parts` end with, where it is not told yet because the call may be made again */
  #take(parts: readonly (StreamPart | FailurePart)[]): RemoteFailure | undefined {
    for (const part of parts) {
      if (this.#over) return undefined;
      if (part.type === 'error') {
        this.#usage = part.usage ?? nothingUsed;
        return new RemoteFailure(part.error, isPassing(part.error) ? 'later' : 'never');
      }
      if (part.type === 'finish') {
        const sink = this.#end('finished', part.usage);
        sink?.deliver({ ...part, timings: this.#stopwatch.timings(part.usage.outputTokens) });
        return undefined;
      }
      this.#hasContent = true;
      this.#stopwatch.token();
      this.#sink?.deref()?.deliver(part);
    }
    return undefined;
  }

  #fail(failure: Failure): void {
    if (this.#over) return;
    const usage = this.#usageUntilNow();
    const sink = this.#end('failed', usage);
    const begun = this.#hasContent && { usage, timings: this.#stopwatch.timings(usage.outputTokens) };
    sink?.deliver({ type: 'error', error: this.#endpoint.redacted(failure), ...begun });
  }

  #usageUntilNow(): Usage {
    return this.#attempt?.usage ?? this.#usage;
  }

  /** Lets go of everything. @returns who is to be told */
  #end(outcome: Outcome, usage: Usage): PartSink | undefined {
    const sink = this.#sink?.deref();
    this.#over = true;
    this.#held = undefined;
    if (outcome !== 'finished') this.#attempt?.close();
    this.#options.abortSignal?.removeEventListener('abort', this.#onAbort);
    abandoned.unregister(this);
    this.#gate.unlock();
    this.#retryTimer.stop();
    this.#owner.ended(this, outcome, usage);
    return sink;
  }
}

/** A stream that nobody can read any more is cancelled. */
const abandoned = new FinalizationRegistry<RemoteSource>((source) => source.cancel());
