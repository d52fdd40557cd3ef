import type { PartSink, PartSource, StreamOrigin } from './part-source.ts';
import { refuseRaisedSignal } from './refuse-raised-signal.ts';
import type { StreamRequest } from './stream-backend.ts';
import type { StreamRouter } from './stream-router.ts';

/** One stream of a backend with many, as its router hands it out. */
export class RoutedSource implements PartSource {
  readonly #router: StreamRouter;
  readonly #originOf: () => StreamOrigin;
  #request: StreamRequest | undefined;
  readonly #abortSignal: AbortSignal | undefined;
  #streamId: number | undefined;
  #cancelled = false;

  constructor(router: StreamRouter, request: StreamRequest, originOf: () => StreamOrigin) {
    this.#router = router;
    this.#request = request;
    this.#originOf = originOf;
    this.#abortSignal = request.abortSignal;
  }

  get origin(): StreamOrigin {
    return this.#originOf();
  }

  get cancelled(): boolean {
    return this.#cancelled || this.#abortSignal?.aborted === true;
  }

  get queuePosition(): number | null {
    return this.#streamId === undefined ? null : this.#router.queuePosition(this.#streamId);
  }

  start(sink: PartSink): void {
    const request = this.#request;
    this.#request = undefined;
    if (!request) return;
    refuseRaisedSignal(request.abortSignal);
    this.#streamId = this.#router.start(sink, request);
  }

  cancel(): void {
    this.#cancelled = true;
    this.#request = undefined;
    if (this.#streamId !== undefined) this.#router.cancel(this.#streamId);
  }

  pause(): void {
    if (this.#streamId !== undefined) this.#router.pause(this.#streamId);
  }

  resume(): void {
    if (this.#streamId !== undefined) this.#router.resume(this.#streamId);
  }

  hold(sink: PartSink | undefined): void {
    if (this.#streamId !== undefined) this.#router.hold(this.#streamId, sink);
  }

  catchUp(): void {
    this.#router.catchUp();
  }
}
