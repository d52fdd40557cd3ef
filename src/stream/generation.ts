import { MessageFold } from '../accumulate/message-fold.ts';
import { resultOf } from '../accumulate/result-of.ts';
import type { FailurePart } from '../spec/failure-part.ts';
import type { GenerationResult } from '../spec/generation-result.ts';
import type { FinishPart, StreamPart } from '../spec/stream-part.ts';
import type { Timings } from '../spec/timings.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { PartialGeneration } from '../spec/tramontane-error.ts';
import type { Usage } from '../spec/usage.ts';
import { PartDeadline } from './part-deadline.ts';
import type { StreamTimeouts, TimeoutCode } from './part-deadline.ts';
import type { PartSink, PartSource, StreamOrigin } from './part-source.ts';

interface Waiter<Value> {
  readonly resolve: (value: Value) => void;
  readonly reject: (reason: TramontaneError) => void;
}

type Read = IteratorResult<StreamPart, undefined>;

const end: Read = { done: true, value: undefined };
const nothingUsed: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
const noTime: Timings = { queuedMs: 0, prefillMs: 0, firstTokenMs: null, decodeMs: 0, totalMs: 0, stopMs: null, tokensPerSecond: null };

/** How a generation ends that was cancelled where nobody could count. */
export const abortedFinish: FinishPart = {
  type: 'finish',
  finishReason: 'aborted',
  usage: nothingUsed,
  timings: noTime,
};

/**
 * One generation's life on this side: not begun, running, ended; and what of it is unread. Its stream, the iterators of
 * that stream and the promises they gave out all look into this one object, so that it lives as long as any of them can
 * still be used, and is collected (which cancels) when none can.
 */
export class Generation implements PartSink {
  readonly #source: PartSource;
  #begun = false;
  readonly #deadline: PartDeadline | undefined;
  readonly #timeouts: StreamTimeouts | undefined;
  #outcome: GenerationResult | TramontaneError | undefined;
  readonly #message = new MessageFold();

  /** Whether a view reads the parts, and which ones it wants. */
  #wants: ((part: StreamPart) => boolean) | undefined;
  /** The view has left: nothing is delivered any more. */
  #left = false;
  #unread: StreamPart[] = [];
  /** Where reading goes on in `#unread`; shifting a long array would move all of it each time. */
  #unreadFrom = 0;
  /** The failure, until a read has thrown it. */
  #unthrown: TramontaneError | undefined;
  readonly #readers: Waiter<Read>[] = [];

  #result: Promise<GenerationResult> | undefined;
  #resultWaiter: Waiter<GenerationResult> | undefined;

  constructor(source: PartSource, timeouts?: StreamTimeouts) {
    this.#source = source;
    if (!timeouts || timeouts.firstTokenTimeoutMs + timeouts.idleTimeoutMs === 0) return;
    this.#timeouts = timeouts;
    this.#deadline = new PartDeadline(
      timeouts,
      (code) => this.#expire(code),
      () => source.catchUp?.(),
    );
  }

  /** What this is the answer to. */
  get origin(): StreamOrigin {
    return this.#source.origin;
  }

  /** Makes the caller the one reader of the parts that `wants` holds for. Throws where there is one already. */
  claim(wants: (part: StreamPart) => boolean): void {
    if (this.#wants) {
      const message =
        'this stream is already being read, and it can be read only once; result() gives the whole text beside a reader';
      throw new TramontaneError('invalid-argument', message);
    }
    this.#wants = wants;
    this.#unread = this.#unread.filter(wants);
  }

  /** The next part the reader wants; calls may overlap and are answered in order. Begins the generation. */
  next(): Promise<Read> {
    if (this.#left) return Promise.resolve(end);
    this.#begin();
    const part = this.#takeUnread();
    if (part) return Promise.resolve({ done: false, value: part });
    if (this.#unthrown) {
      const error = this.#unthrown;
      this.#unthrown = undefined;
      return Promise.reject(error);
    }
    if (this.#outcome) return Promise.resolve(end);
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      this.#updateHold();
    });
  }

  /** The reader goes: what is unread is dropped, waiting reads end, and the generation is cancelled. Never waits. */
  leave(): void {
    this.#left = true;
    this.#unread = [];
    this.#unreadFrom = 0;
    this.#unthrown = undefined;
    this.#endReaders();
    this.#deadline?.stop();
    this.cancel();
    this.#updateHold();
  }

  /** Asks the generation to end as it stands. One that has not begun never will. */
  cancel(): void {
    if (this.#outcome) return;
    const begun = this.#begun;
    this.#begun = true;
    this.#source.cancel();
    if (!begun) this.deliver(abortedFinish);
  }

  /** The outcome, once there is one. Begins the generation. */
  result(): Promise<GenerationResult> {
    this.#begin();
    if (this.#result) return this.#result;
    this.#result = new Promise((resolve, reject) => {
      this.#resultWaiter = { resolve, reject };
    });
    if (this.#outcome) this.#settleResult(this.#outcome);
    this.#updateHold();
    return this.#result;
  }

  deliver(part: StreamPart | FailurePart): void {
    if (this.#outcome) return;
    if (part.type === 'error') {
      const { usage, timings } = part;
      const { code, message, field, file, retryAfterMs, cause } = part.error;
      const partial = usage && timings && this.#partial(usage, timings);
      this.failWith(new TramontaneError(code, message, { field, file, retryAfterMs, partial, cause }));
      return;
    }
    this.#message.add(part);
    this.#deadline?.arrived();
    if (part.type === 'finish') this.#endWithResult(part);
    else this.#hand(part);
    this.#updateHold();
  }

  fail(message: string, cause?: unknown): void {
    if (this.#outcome) return;
    // The source is beyond telling what was used.
    this.failWith(new TramontaneError('engine-failed', message, { partial: this.#partial(), cause }));
  }

  failWith(error: TramontaneError): void {
    if (this.#outcome) return;
    this.#outcome = error;
    this.#deadline?.stop();
    const reader = this.#readers.shift();
    if (reader) reader.reject(error);
    else if (!this.#left) this.#unthrown = error;
    this.#endReaders();
    this.#settleResult(error);
    this.#updateHold();
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#deadline?.begin();
    try {
      this.#source.start(this);
    } catch (error) {
      this.failWith(error as TramontaneError);
    }
  }

  #expire(code: TimeoutCode): void {
    // What was cancelled ends as cancelled, however long that takes.
    if (this.#outcome || this.#source.cancelled) return;
    const message =
      code === 'first-token-timeout'
        ? `nothing was generated within ${this.#timeouts?.firstTokenTimeoutMs} ms (firstTokenTimeoutMs)`
        : `nothing followed the last part within ${this.#timeouts?.idleTimeoutMs} ms (idleTimeoutMs)`;
    // Not after the engine's own last part, which has the counts: an engine that is stuck may never give it.
    this.failWith(new TramontaneError(code, message, { partial: this.#partial() }));
    this.#source.cancel();
  }

  #partial(usage: Usage = nothingUsed, timings: Timings = noTime): PartialGeneration {
    const { text, reasoning, toolCalls } = this.#message;
    return { text, reasoning, toolCalls, usage, timings };
  }

  #hand(part: StreamPart): void {
    if (this.#left || (this.#wants && !this.#wants(part))) return;
    const reader = this.#readers.shift();
    if (reader) reader.resolve({ done: false, value: part });
    else this.#unread.push(part);
  }

  #takeUnread(): StreamPart | undefined {
    const part = this.#unread[this.#unreadFrom];
    if (!part) return undefined;
    this.#unreadFrom += 1;
    if (this.#unreadFrom === this.#unread.length) {
      this.#unread = [];
      this.#unreadFrom = 0;
    }
    return part;
  }

  #endWithResult(finish: FinishPart): void {
    this.#outcome = resultOf(this.#message, finish);
    this.#deadline?.stop();
    this.#hand(finish);
    this.#endReaders();
    this.#settleResult(this.#outcome);
  }

  #endReaders(): void {
    for (const reader of this.#readers.splice(0)) reader.resolve(end);
  }

  #settleResult(outcome: GenerationResult | TramontaneError): void {
    const waiter = this.#resultWaiter;
    if (!waiter) return;
    this.#resultWaiter = undefined;
    if (!(outcome instanceof TramontaneError)) {
      waiter.resolve(outcome);
      return;
    }
    waiter.reject(outcome);
    // Where a reader gets this error, a result() that was asked for and not awaited must not report it a second time, as
    // an unhandled rejection that ends the process.
    if (this.#wants && !this.#left) this.#result?.catch(() => {});
  }

  #updateHold(): void {
    if (!this.#begun) return;
    const awaited = !this.#outcome && (this.#readers.length > 0 || this.#resultWaiter !== undefined);
    this.#deadline?.wait(awaited);
    this.#source.hold(awaited ? this : undefined);
  }
}
