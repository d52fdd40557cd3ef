import { result } from '../accumulate/result.ts';
import { text } from '../accumulate/text.ts';
import type { FailurePart } from '../spec/failure-part.ts';
import type { GenerationResult } from '../spec/generation-result.ts';
import type { FinishPart, StreamPart } from '../spec/stream-part.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { PartSink, StreamRequest } from './stream-backend.ts';
import type { StreamRouter } from './stream-router.ts';

interface Waiter<Value> {
  readonly resolve: (value: Value) => void;
  readonly reject: (reason: TramontaneError) => void;
}

type Read = IteratorResult<StreamPart, undefined>;

const end: Read = { done: true, value: undefined };
const nothingUsed = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
const noTime = { queuedMs: 0, prefillMs: 0, firstTokenMs: null, decodeMs: 0, totalMs: 0, tokensPerSecond: null };

/**
 * One generation's life on this side: not begun, running, ended; and what of it is unread. Its stream, the iterators of
 * that stream and the promises they gave out all look into this one object, so that it lives as long as any of them can
 * still be used, and is collected (which cancels) when none can.
 */
export class Generation implements PartSink {
  readonly #router: StreamRouter;
  /** What to begin with, until the first read. */
  #request: StreamRequest | TramontaneError | undefined;
  #streamId: number | undefined;
  #outcome: GenerationResult | TramontaneError | undefined;
  #text = '';

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

  /** @param request - what to begin with on the first read, or why that will fail */
  constructor(router: StreamRouter, request: StreamRequest | TramontaneError) {
    this.#router = router;
    this.#request = request;
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
    this.cancel();
    this.#updateHold();
  }

  /** Asks the generation to end as it stands. One that has not begun never will. */
  cancel(): void {
    if (this.#outcome) return;
    if (this.#streamId !== undefined) {
      this.#router.cancel(this.#streamId);
      return;
    }
    this.#request = undefined;
    this.deliver({ type: 'finish', finishReason: 'aborted', usage: nothingUsed, timings: noTime });
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
      const { code, message, field, file } = part.error;
      const partial = { text: this.#text, usage: part.usage, timings: part.timings };
      this.#endWithError(new TramontaneError(code, message, { field, file, partial }));
      return;
    }
    this.#text = text(this.#text, part);
    if (part.type === 'finish') this.#endWithResult(part);
    else this.#hand(part);
    this.#updateHold();
  }

  fail(message: string, cause?: unknown): void {
    if (this.#outcome) return;
    // The source is beyond telling what was used.
    const partial = { text: this.#text, usage: nothingUsed, timings: noTime };
    this.#endWithError(new TramontaneError('engine-failed', message, { partial, cause }));
  }

  #begin(): void {
    const request = this.#request;
    if (!request) return;
    this.#request = undefined;
    try {
      if (request instanceof TramontaneError) throw request;
      const { abortSignal } = request;
      if (abortSignal?.aborted) {
        const message = 'abortSignal was raised before the stream was first read';
        throw new TramontaneError('aborted', message, { cause: abortSignal.reason });
      }
      this.#streamId = this.#router.start(this, request);
    } catch (error) {
      this.#endWithError(error as TramontaneError);
    }
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
    this.#outcome = result(this.#text, finish);
    this.#hand(finish);
    this.#endReaders();
    this.#settleResult(this.#outcome);
  }

  #endWithError(error: TramontaneError): void {
    this.#outcome = error;
    const reader = this.#readers.shift();
    if (reader) reader.reject(error);
    else if (!this.#left) this.#unthrown = error;
    this.#endReaders();
    this.#settleResult(error);
    this.#updateHold();
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
    if (this.#streamId === undefined) return;
    const awaited = this.#readers.length > 0 || this.#resultWaiter !== undefined;
    this.#router.hold(this.#streamId, awaited ? this : undefined);
  }
}
