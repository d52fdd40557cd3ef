import type { StreamPart } from '../spec/stream-part.ts';
import type { TramontaneError } from '../spec/tramontane-error.ts';
import { abortedFinish } from './generation.ts';
import type { PartSink, PartSource, StreamOrigin } from './part-source.ts';
import type { Relay } from './relay.ts';

/** One of the streams that a relay's parts go to. Keeps them until that stream is read for the first time. */
export class RelayBranch implements PartSource {
  readonly #relay: Relay;
  readonly #number: number;
  #sink: PartSink | undefined;
  #backlog: StreamPart[] = [];
  #error: TramontaneError | undefined;
  #left = false;

  constructor(relay: Relay, number: number) {
    this.#relay = relay;
    this.#number = number;
  }

  get origin(): StreamOrigin {
    return this.#relay.upstream.origin;
  }

  get cancelled(): boolean {
    return this.#left || this.#relay.cancelled;
  }

  start(sink: PartSink): void {
    this.#sink = sink;
    for (const part of this.#backlog) sink.deliver(part);
    this.#backlog = [];
    if (this.#error) sink.failWith(this.#error);
    this.#relay.begin();
  }

  cancel(): void {
    this.#left = true;
    // While others read on, the tokens up to here cannot be counted.
    if (this.#relay.leave(this.#number) === 'others-stay') this.#sink?.deliver(abortedFinish);
  }

  hold(sink: PartSink | undefined): void {
    this.#relay.await(this, sink !== undefined);
  }

  deliver(part: StreamPart): void {
    if (this.#sink) this.#sink.deliver(part);
    else this.#backlog.push(part);
  }

  failWith(error: TramontaneError): void {
    if (this.#sink) this.#sink.failWith(error);
    else this.#error = error;
  }
}
