import type { Failure, FailurePart } from '../spec/failure-part.ts';
import type { StreamPart } from '../spec/stream-part.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { nothingUsed } from '../spec/usage.ts';
import type { Usage } from '../spec/usage.ts';
import type { PartSink, PartSource, StreamOrigin } from '../stream/part-source.ts';
import type { EventDecoder, RemoteRequest } from './dialect.ts';
import type { Endpoint } from './endpoint.ts';
import { eventsOf } from './event-batches.ts';
import { RemoteCall } from './remote-call.ts';
import { RemoteFailure, reasonOf } from './remote-failure.ts';
import { RemoteStopwatch } from './remote-stopwatch.ts';
import { RetryDelays } from './retry-delays.ts';

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
  #call: RemoteCall | undefined;
  #decoder: EventDecoder | undefined;
  #hasContent = false;
  #cancelledAt: number | undefined;
  #over = false;
  #paused = false;
  /** What the engine has told of its tokens in an answer that it did not bring to its end. */
  #usage: Usage = nothingUsed;
  /** Lets what waits for the end of a pause go on. */
  #goOn: (() => void) | undefined;
  /** The same for what waits before it tries again. */
  #tryAgain: (() => void) | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
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
    return this.#paused;
  }

  start(sink: PartSink): void {
    const { abortSignal } = this.#options;
    if (this.#owner.closed) throw new TramontaneError('closed', 'the model was closed; connect again to generate');
    if (abortSignal?.aborted) {
      const message = 'abortSignal was raised before the stream was first read';
      throw new TramontaneError('aborted', message, { cause: abortSignal.reason });
    }
    if (this.cancelled) return;
    // What cannot be asked for is told before anything is sent.
    const { dialect, settings } = this.#endpoint.spoken;
    dialect.request(this.#request, settings);
    this.#sink = new WeakRef(sink);
    this.#stopwatch = new RemoteStopwatch();
    abandoned.register(sink, this, this);
    abortSignal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#owner.began(this);
    void this.#run();
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
    this.#paused = true;
    this.#stopwatch.setPaused(true);
    this.#updateAwaited();
  }

  resume(): void {
    this.#paused = false;
    this.#stopwatch.setPaused(false);
    this.#goOn?.();
    this.#updateAwaited();
  }

  hold(sink: PartSink | undefined): void {
    this.#held = this.#over ? undefined : sink;
    this.#updateAwaited();
  }

  get #awaited(): boolean {
    return this.#held !== undefined && !this.#paused;
  }

  #updateAwaited(): void {
    this.#call?.setAwaited(this.#awaited);
    this.#retryTimer?.[this.#awaited ? 'ref' : 'unref']();
  }

  async #run(): Promise<void> {
    const delays = new RetryDelays(this.#options.retries);
    try {
      while (!this.#over) {
        const failure = await this.#attempt();
        if (!failure || this.#over) return;
        const delayMs = this.#hasContent ? undefined : delays.after(failure);
        if (delayMs === undefined) {
          this.#fail(failure.failure);
          return;
        }
        await this.#wait(delayMs);
      }
    } catch (cause) {
      this.#fail(failureOf(cause).failure);
    }
  }

  /** @returns why the answer did not come to its end, where it did not */
  async #attempt(): Promise<RemoteFailure | undefined> {
    const { dialect, settings } = this.#endpoint.spoken;
    const call = new RemoteCall(this.#endpoint, this.#awaited);
    const decoder = dialect.decoder(this.#request, settings);
    this.#call = call;
    this.#decoder = decoder;
    let broke: RemoteFailure | undefined;
    try {
      const body = dialect.request(this.#request, settings);
      for await (const events of eventsOf(call, body, this.#endpoint, () => this.#untilResumed())) {
        for (const event of events) {
          const failure = this.#deliver(decoder.push(event));
          if (!failure && !this.#over) continue;
          call.release();
          return failure;
        }
      }
    } catch (error) {
      if (this.#over) return undefined;
      broke = failureOf(error);
    }
    if (this.#over) return undefined;
    // Also where the connection broke: the protocol may have said before how the answer ends.
    const failure = this.#deliver(decoder.end()) ?? (this.#over ? undefined : failureOf(new Error('it has no end')));
    call.close();
    return broke && failure ? new RemoteFailure({ ...failure.failure, ...broke.failure }, broke.retry) : failure;
  }

  /** @returns the failure that `parts` end with, where it is not told yet because the call may be made again */
  #deliver(parts: readonly (StreamPart | FailurePart)[]): RemoteFailure | undefined {
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

  /** What the engine has told of its tokens, it has told the decoder. */
  #usageUntilNow(): Usage {
    const last = this.#decoder?.end().at(-1);
    return (last?.type === 'finish' || last?.type === 'error' ? last.usage : undefined) ?? this.#usage;
  }

  /** Lets go of everything. @returns who is to be told */
  #end(outcome: Outcome, usage: Usage): PartSink | undefined {
    const sink = this.#sink?.deref();
    this.#over = true;
    this.#held = undefined;
    if (outcome !== 'finished') this.#call?.close();
    this.#options.abortSignal?.removeEventListener('abort', this.#onAbort);
    abandoned.unregister(this);
    this.#goOn?.();
    this.#tryAgain?.();
    this.#owner.ended(this, outcome, usage);
    return sink;
  }

  async #untilResumed(): Promise<void> {
    while (this.#paused && !this.#over) {
      await new Promise<void>((resolve) => {
        this.#goOn = resolve;
      });
    }
  }

  async #wait(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#tryAgain = resolve;
      this.#retryTimer = setTimeout(resolve, delayMs);
      this.#updateAwaited();
    });
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    await this.#untilResumed();
  }
}

/** A stream that nobody can read any more is cancelled. */
const abandoned = new FinalizationRegistry<RemoteSource>((source) => source.cancel());

function failureOf(error: unknown): RemoteFailure {
  if (error instanceof RemoteFailure) return error;
  if (TramontaneError.isInstance(error)) {
    const { code, message, field } = error;
    return new RemoteFailure({ code, message, ...(field !== undefined && { field }) }, isPassing(error) ? 'later' : 'never');
  }
  const message = `the engine's answer could not be read: ${reasonOf(error)}`;
  return new RemoteFailure({ code: 'remote-failed', message, cause: error }, 'never');
}

function isPassing({ code }: Pick<Failure, 'code'>): boolean {
  return code === 'connection-lost' || code === 'connection-failed' || code === 'rate-limited';
}
