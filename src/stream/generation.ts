import { ReplyFold } from '../accumulate/reply-fold.ts';
import type { StreamFold } from '../accumulate/stream-fold.ts';
import type { BufferBudget } from '../request/check-buffer.ts';
import type { AnyStreamPart } from '../spec/agent-part.ts';
import type { FailurePart } from '../spec/failure-part.ts';
import type { GenerationResult } from '../spec/generation-result.ts';
import type { FinishPart } from '../spec/stream-part.ts';
import { noTime } from '../spec/timings.ts';
import type { Timings } from '../spec/timings.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { PartialGeneration } from '../spec/tramontane-error.ts';
import { nothingUsed } from '../spec/usage.ts';
import type { Usage } from '../spec/usage.ts';
import { BufferWatch } from './buffer-watch.ts';
import { bufferFull } from './part-buffer.ts';
import { PartDeadline, timeoutError } from './part-deadline.ts';
import type { StreamTimeouts, TimeoutCode } from './part-deadline.ts';
import { PartQueue, end } from './part-queue.ts';
import type { Read } from './part-queue.ts';
import type { PartSink, PartSource, StreamOrigin } from './part-source.ts';

/** What a generation is held to. */
export interface GenerationLimits {
  readonly timeouts?: StreamTimeouts;
  readonly budget?: BufferBudget;
  /** Makes what puts its parts together: by default, those of one reply. */
  readonly newFold?: () => StreamFold;
}

/** Why a generation is paused: its caller has done so, all branches it is read by are, or its buffer is full. */
type PauseReason = 'caller' | 'branches' | 'buffer';

interface ResultWaiter {
  readonly resolve: (result: GenerationResult) => void;
  readonly reject: (reason: TramontaneError) => void;
}

const noTimeouts: StreamTimeouts = { firstTokenTimeoutMs: 0, idleTimeoutMs: 0 };
const noBudget: BufferBudget = { maxParts: Infinity, maxBytes: Infinity, policy: 'buffer' };

/** How a generation ends that was cancelled where nobody could count. */
export const abortedFinish: FinishPart = {
  type: 'finish',
  finishReason: 'aborted',
  usage: nothingUsed,
  timings: noTime,
};

/**
 * One generation's life on this side: not begun, running or paused, ended; and what of it is unread. Its stream, the
 * iterators of that stream and the promises they gave out all look into this one object, so that it lives as long as any
 * of them can still be used, and is collected (which cancels) when none can.
 */
export class Generation implements PartSink {
  readonly #source: PartSource;
  readonly budget: BufferBudget;
  readonly #deadline: PartDeadline | undefined;
  readonly #timeouts: StreamTimeouts;
  /** For a branch of it, too. */
  readonly newFold: () => StreamFold;
  readonly #fold: StreamFold;
  readonly #queue = new PartQueue();
  readonly #watch: BufferWatch;
  /** It runs while there is none. */
  readonly #pauses = new Set<PauseReason>();
  #begun = false;
  #outcome: GenerationResult | TramontaneError | undefined;
  #result: Promise<GenerationResult> | undefined;
  #resultWaiter: ResultWaiter | undefined;

  constructor(source: PartSource, limits: GenerationLimits = {}) {
    const { timeouts = noTimeouts, budget = noBudget, newFold = () => new ReplyFold() } = limits;
    this.#source = source;
    this.budget = budget;
    this.newFold = newFold;
    this.#fold = newFold();
    this.#watch = new BufferWatch(this.#queue.buffer, budget, {
      // result() asks for the whole, so nothing is held back or refused while it waits.
      isBounded: () => !this.#outcome && !this.#resultWaiter && !this.#queue.left,
      pause: () => this.pause('buffer'),
      resume: () => this.resume('buffer'),
      fail: () => this.#failFull(),
    });
    this.#timeouts = timeouts;
    if (timeouts.firstTokenTimeoutMs + timeouts.idleTimeoutMs === 0) return;
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

  /** Whether it answers its own tool calls, as an agent's run does. */
  get answersCalls(): boolean {
    return this.#fold.answersCalls;
  }

  /** Whether its caller has paused it; not once it is over or about to be. */
  get paused(): boolean {
    return this.#pauses.has('caller') && !this.#outcome && !this.#source.cancelled;
  }

  /** As `PartSource` has it. */
  get queuePosition(): number | null {
    return this.#outcome ? null : this.#source.queuePosition;
  }

  /** Makes the caller the one reader of the parts that `wants` holds for. Throws where there is one already. */
  claim(wants: (part: AnyStreamPart) => boolean): void {
    this.#queue.claim(wants);
  }

  /** The next part the reader wants; calls may overlap and are answered in order. Begins the generation. */
  next(): Promise<Read> {
    if (this.#queue.left) return Promise.resolve(end);
    this.#begin();
    try {
      const part = this.#queue.take();
      if (part) {
        this.#watch.shrunk();
        return Promise.resolve({ done: false, value: part });
      }
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#outcome) return Promise.resolve(end);
    const read = this.#queue.wait();
    this.#updateHold();
    return read;
  }

  /** The reader goes: what is unread is dropped, waiting reads end, and the generation is cancelled. Never waits. */
  leave(): void {
    this.#queue.leave();
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

  /** Stops it until `resume`, for the same reason; one that has not begun will begin paused. */
  pause(reason: PauseReason): void {
    if (this.#pauses.has(reason) || this.#outcome || this.#source.cancelled) return;
    this.#pauses.add(reason);
    // A reader that is slow is not awaiting anything, so the time of a full buffer does not count as it is.
    if (reason !== 'buffer') this.#deadline?.setPaused(true);
    if (this.#begun && this.#pauses.size === 1) this.#source.pause();
  }

  resume(reason: PauseReason): void {
    if (!this.#pauses.delete(reason)) return;
    if (!this.#pauses.has('caller') && !this.#pauses.has('branches')) this.#deadline?.setPaused(false);
    if (this.#begun && this.#pauses.size === 0 && !this.#outcome) this.#source.resume();
  }

  /** The outcome, once there is one. Begins the generation. */
  result(): Promise<GenerationResult> {
    this.#begin();
    if (this.#result) return this.#result;
    this.#result = new Promise((resolve, reject) => {
      this.#resultWaiter = { resolve, reject };
    });
    if (this.#outcome) this.#settleResult(this.#outcome);
    this.#watch.shrunk();
    this.#updateHold();
    return this.#result;
  }

  deliver(part: AnyStreamPart | FailurePart): void {
    if (this.#outcome) return;
    if (part.type === 'error') {
      const { usage, timings } = part;
      const { code, message, field, file, retryAfterMs, cause } = part.error;
      const partial = usage && timings && this.#partial(usage, timings);
      this.failWith(new TramontaneError(code, message, { field, file, retryAfterMs, partial, cause }));
      return;
    }
    this.#deadline?.arrived();
    if (part.type === 'finish') {
      this.#endWithResult(part);
    } else {
      this.#fold.add(part);
      this.#queue.hand(part);
      this.#watch.grown();
    }
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
    this.#queue.fail(error);
    this.#settleResult(error);
    this.#updateHold();
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#deadline?.begin();
    try {
      this.#source.start(this);
      if (this.#pauses.size > 0) this.#source.pause();
    } catch (error) {
      this.failWith(error as TramontaneError);
    }
  }

  #failFull(): void {
    this.failWith(bufferFull(this.budget, this.#partial()));
    this.#source.cancel();
  }

  #expire(code: TimeoutCode): void {
    // What was cancelled ends as cancelled, however long that takes.
    if (this.#outcome || this.#source.cancelled) return;
    // Not after the engine's own last part, which has the counts: an engine that is stuck may never give it.
    this.failWith(timeoutError(code, this.#timeouts, this.#partial()));
    this.#source.cancel();
  }

  #partial(usage: Usage = nothingUsed, timings: Timings = noTime): PartialGeneration {
    return { ...this.#fold.partial(), usage, timings };
  }

  #endWithResult(finish: FinishPart): void {
    const last = this.#fold.end(finish);
    this.#outcome = this.#fold.result({ ...this.#queue.buffer.most, pauses: this.#watch.pauses });
    this.#deadline?.stop();
    this.#queue.hand(last);
    this.#queue.end();
    this.#settleResult(this.#outcome);
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
    if (this.#queue.hasReader) this.#result?.catch(() => {});
  }

  #updateHold(): void {
    if (!this.#begun) return;
    const awaited = !this.#outcome && (this.#queue.awaited || this.#resultWaiter !== undefined);
    this.#deadline?.wait(awaited);
    this.#source.hold(awaited ? this : undefined);
  }
}
