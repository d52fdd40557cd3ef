import type { BufferBudget } from '../request/check-buffer.ts';
import type { AnyStreamPart } from '../spec/agent-part.ts';
import { noTime } from '../spec/timings.ts';
import type { TramontaneError } from '../spec/tramontane-error.ts';
import { nothingUsed } from '../spec/usage.ts';
import { abortedFinish } from './generation.ts';
import { PartBuffer, bufferFull } from './part-buffer.ts';
import type { PartSink, PartSource, StreamOrigin } from './part-source.ts';
import type { Relay } from './relay.ts';

/**
 * One of the streams that a relay's parts go to. Keeps them until that stream is read for the first time, and while it is
 * paused.
 */
export class RelayBranch implements PartSource {
  readonly #relay: Relay;
  readonly #number: number;
  readonly #budget: BufferBudget;
  #sink: PartSink | undefined;
  paused = false;
  readonly #backlog = new PartBuffer();
  /** What follows the backlog: how the stream failed. */
  #error: TramontaneError | undefined;
  #tooSlow = false;
  #left = false;

  constructor(relay: Relay, number: number, budget: BufferBudget) {
    this.#relay = relay;
    this.#number = number;
    this.#budget = budget;
  }

  get origin(): StreamOrigin {
    return this.#relay.upstream.origin;
  }

  get cancelled(): boolean {
    return this.#left || this.#relay.cancelled;
  }

  get queuePosition(): number | null {
    return this.#relay.upstream.queuePosition;
  }

  start(sink: PartSink): void {
    this.#sink = sink;
    this.#flush();
    this.#relay.begin();
  }

  cancel(): void {
    this.#left = true;
    if (this.paused) this.resume();
    // While others read on, the tokens up to here cannot be counted.
    if (this.#relay.leave(this.#number) === 'others-stay') this.#sink?.deliver(abortedFinish);
  }

  pause(): void {
    this.paused = true;
    this.#relay.setPaused(this.#number, true);
  }

  resume(): void {
    this.paused = false;
    this.#flush();
    this.#relay.setPaused(this.#number, false);
  }

  hold(sink: PartSink | undefined): void {
    this.#relay.await(this, sink !== undefined);
  }

  deliver(part: AnyStreamPart): void {
    if (this.#sink && !this.paused) this.#sink.deliver(part);
    else if (!this.#tooSlow) this.#keep(part);
  }

  failWith(error: TramontaneError): void {
    this.#error ??= error;
    if (!this.paused) this.#flush();
  }

  #keep(part: AnyStreamPart): void {
    this.#backlog.push(part);
    if (this.#budget.policy !== 'error' || !this.#backlog.isOver(this.#budget)) return;
    this.#tooSlow = true;
    this.#relay.leave(this.#number);
  }

  #flush(): void {
    const sink = this.#sink;
    if (!sink) return;
    for (let part = this.#backlog.take(); part; part = this.#backlog.take()) sink.deliver(part);
    if (this.#tooSlow) sink.deliver({ type: 'error', error: bufferFull(this.#budget), usage: nothingUsed, timings: noTime });
    if (this.#error) sink.failWith(this.#error);
  }
}
