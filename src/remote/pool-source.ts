import type { CheckedRequest } from '../request/check-request.ts';
import type { CompletionRequest } from '../spec/completion-request.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { abortedFinish } from '../stream/generation.ts';
import type { Generation } from '../stream/generation.ts';
import { GenerationStream } from '../stream/generation-stream.ts';
import type { PartSink, PartSource, StreamOrigin } from '../stream/part-source.ts';
import { refuseRaisedSignal } from '../stream/refuse-raised-signal.ts';
import { chooseMember, isMemberFailure } from './pool-member.ts';
import type { PoolMember } from './pool-member.ts';

/** A member that was asked, and what it answers. */
interface Leg {
  readonly member: PoolMember;
  readonly generation: Generation;
  /** Called once, when it is over or given up. */
  readonly end: () => void;
}

/**
 * One generation by whichever member of a pool answers first. Until something has come of an answer another member may
 * take over; after that never. Its members' streams are read when its own is, and hold what comes meanwhile.
 */
export class PoolSource implements PartSource {
  readonly #members: readonly PoolMember[];
  readonly #request: CheckedRequest;
  readonly #hedgeAfterMs: number;
  /** Weak, so that a stream nobody can read any more is collected, and cancelled by that. */
  #sink: WeakRef<PartSink> | undefined;
  #held: PartSink | undefined;
  readonly #tried = new Set<PoolMember>();
  readonly #legs = new Set<Leg>();
  #answering: Leg | undefined;
  #hedgeTimer: NodeJS.Timeout | undefined;
  #hedgeDue = false;
  #cancelled = false;
  #over = false;
  #paused = false;
  #goOn: (() => void)[] = [];
  readonly #onAbort = () => this.cancel();

  constructor(members: readonly PoolMember[], request: CheckedRequest, hedgeAfterMs: number) {
    this.#members = members;
    this.#request = request;
    this.#hedgeAfterMs = hedgeAfterMs;
  }

  get origin(): StreamOrigin {
    const { prompt, options } = this.#request;
    return { ...this.#answering?.generation.origin, request: { prompt, ...options } };
  }

  get cancelled(): boolean {
    return this.#cancelled || this.#request.abortSignal?.aborted === true;
  }

  get queuePosition(): number | null {
    const [leg] = this.#legs;
    return leg?.generation.queuePosition ?? null;
  }

  start(sink: PartSink): void {
    const { abortSignal } = this.#request;
    refuseRaisedSignal(abortSignal);
    if (this.#cancelled) return;
    this.#sink = new WeakRef(sink);
    abandoned.register(sink, this, this);
    abortSignal?.addEventListener('abort', this.#onAbort, { once: true });
    if (this.#hedgeAfterMs > 0) this.#hedgeTimer = setTimeout(() => this.#hedge(), this.#hedgeAfterMs).unref();
    this.#askNext();
  }

  cancel(): void {
    if (this.#cancelled || this.#over) return;
    this.#cancelled = true;
    if (!this.#sink) return;
    clearTimeout(this.#hedgeTimer);
    // The one that answers says what it has used until now; of several, the first.
    const [leg] = this.#answering ? [this.#answering] : this.#legs;
    if (!leg) {
      const sink = this.#end();
      queueMicrotask(() => sink?.deliver(abortedFinish));
      return;
    }
    this.#answerBy(leg);
    leg.generation.cancel();
    this.#wake();
  }

  pause(): void {
    this.#paused = true;
    for (const { generation } of this.#legs) generation.pause('caller');
  }

  resume(): void {
    this.#paused = false;
    for (const { generation } of this.#legs) generation.resume('caller');
    this.#wake();
    if (this.#hedgeDue) this.#hedge();
  }

  hold(sink: PartSink | undefined): void {
    this.#held = this.#over ? undefined : sink;
    if (this.#held) this.#wake();
  }

  #wake(): void {
    for (const goOn of this.#goOn.splice(0)) goOn();
  }

  /** Reading on is for when somebody awaits a part: a read that waits would keep the process alive. */
  async #untilAwaited(): Promise<void> {
    while (!this.#over && !this.#cancelled && (this.#paused || !this.#held)) {
      await new Promise<void>((resolve) => void this.#goOn.push(resolve));
    }
  }

  /** Asks another member, where there is one. */
  #askNext(): boolean {
    const member = chooseMember(this.#members, this.#tried);
    if (!member) return false;
    this.#tried.add(member);
    const generation = GenerationStream.generationOf(member.model.streamCompletion(completionOf(this.#request)));
    generation.claim(() => true);
    const done = member.begin();
    const leg: Leg = { member, generation, end: once(() => done()) };
    this.#legs.add(leg);
    if (this.#paused) generation.pause('caller');
    void this.#follow(leg);
    return true;
  }

  #hedge(): void {
    this.#hedgeDue = this.#paused;
    if (!this.#hedgeDue && !this.#answering && !this.#over) this.#askNext();
  }

  async #follow(leg: Leg): Promise<void> {
    try {
      for (;;) {
        await this.#untilAwaited();
        if (!this.#legs.has(leg)) return;
        const read = await leg.generation.next();
        if (!this.#legs.has(leg)) return;
        if (read.done) throw new TramontaneError('engine-failed', 'the member ended the stream without saying how');
        if (!this.#answering) this.#answerBy(leg);
        if (read.value.type !== 'finish') {
          this.#sink?.deref()?.deliver(read.value);
          continue;
        }
        this.#end()?.deliver(read.value);
        return;
      }
    } catch (error) {
      this.#failed(leg, error as TramontaneError);
    }
  }

  /** From now on it is this one's answer; the others are not wanted. */
  #answerBy(leg: Leg): void {
    this.#answering = leg;
    if (!this.#cancelled) leg.member.succeeded();
    clearTimeout(this.#hedgeTimer);
    for (const other of this.#legs) if (other !== leg) this.#leave(other);
  }

  #leave(leg: Leg): void {
    this.#legs.delete(leg);
    leg.end();
    leg.generation.leave();
  }

  #failed(leg: Leg, error: TramontaneError): void {
    if (!this.#legs.has(leg)) return;
    const mayPass = isMemberFailure(error);
    if (mayPass) leg.member.failed(error.retryAfterMs);
    this.#leave(leg);
    if (this.#answering !== leg && mayPass) {
      // Another one is being asked, or can be.
      if (this.#legs.size > 0 || this.#askNext()) return;
    }
    this.#end()?.failWith(error);
  }

  /** Lets go of everything. @returns who is to be told */
  #end(): PartSink | undefined {
    const sink = this.#sink?.deref();
    this.#over = true;
    this.#held = undefined;
    clearTimeout(this.#hedgeTimer);
    for (const leg of this.#legs) this.#leave(leg);
    this.#request.abortSignal?.removeEventListener('abort', this.#onAbort);
    abandoned.unregister(this);
    this.#wake();
    return sink;
  }
}

/** A stream that nobody can read any more is cancelled. */
const abandoned = new FinalizationRegistry<PoolSource>((source) => source.cancel());

function completionOf({ prompt, options }: CheckedRequest): CompletionRequest {
  if ('text' in prompt) return { ...options, prompt: prompt.text };
  return { ...options, ...prompt } as CompletionRequest;
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
