import { TramontaneError } from '../spec/tramontane-error.ts';
import type { FailurePart } from '../spec/failure-part.ts';
import type { StreamPart } from '../spec/stream-part.ts';
import { nextTurn } from './next-turn.ts';
import type { PartSink, PartSource, StreamOrigin } from './part-source.ts';
import { RoutedSource } from './routed-source.ts';
import type { StreamBackend, StreamRequest } from './stream-backend.ts';

/** Parts taken per turn of the event loop: enough for a busy engine, few enough to let timers and sockets in between. */
const partsPerTurn = 512;

interface Entry {
  /** Weak, so that a stream nobody can read any more is collected, and cancelled by that. */
  readonly sink: WeakRef<PartSink>;
  /** The same sink, strongly, while somebody awaits something of it. */
  held: PartSink | undefined;
  paused: boolean;
  cancelled: boolean;
  readonly unlisten: () => void;
}

/** Hands what a backend produces to the streams it belongs to, and a stream's end of interest back to the backend. */
export class StreamRouter {
  readonly #backend: StreamBackend;
  readonly #entries = new Map<number, Entry>();
  /** Streams whose last part must come with the next complete drain. */
  readonly #settled = new Set<number>();
  readonly #abandoned = new FinalizationRegistry<number>((streamId) => {
    this.#entries.get(streamId)?.unlisten();
    this.cancel(streamId);
  });
  #lastId = 0;
  #drainScheduled = false;
  #closed = false;

  constructor(backend: StreamBackend) {
    this.#backend = backend;
  }

  /** A source for one stream, which begins with its first read. */
  source(request: StreamRequest, originOf: () => StreamOrigin): PartSource {
    return new RoutedSource(this, request, originOf);
  }

  /**
   * Begins a generation whose parts go to `sink`, which is held weakly.
   *
   * @returns the stream's id, for {@link cancel} and {@link hold}
   * @throws {TramontaneError} `closed`, or `engine-failed` where the backend refuses
   */
  start(sink: PartSink, { json, abortSignal }: StreamRequest): number {
    if (this.#closed) throw new TramontaneError('closed', 'the model was closed; load it again to generate');
    const streamId = this.#nextId();
    let submitted: Promise<string>;
    try {
      submitted = this.#backend.submit(streamId, json);
    } catch (cause) {
      throw new TramontaneError('engine-failed', 'the engine did not accept the request', { cause });
    }
    // The listener knows the id only: a signal may live as long as the program, and must not keep the stream.
    const onAbort = () => this.cancel(streamId);
    abortSignal?.addEventListener('abort', onAbort, { once: true });
    const unlisten = () => abortSignal?.removeEventListener('abort', onAbort);
    this.#entries.set(streamId, { sink: new WeakRef(sink), held: undefined, paused: false, cancelled: false, unlisten });
    this.#abandoned.register(sink, streamId, sink);
    this.#awaitEnd(streamId, submitted);
    return streamId;
  }

  /** Keeps a stream from being collected while `sink` is given; `undefined` lets go of it. */
  hold(streamId: number, sink: PartSink | undefined): void {
    const entry = this.#entries.get(streamId);
    if (entry) entry.held = sink;
  }

  /** Asks a stream to end; its finish part follows. */
  cancel(streamId: number): void {
    const entry = this.#entries.get(streamId);
    if (!entry) return;
    entry.cancelled = true;
    this.#backend.cancel(streamId);
    // Its last part is awaited again.
    this.resume(streamId);
  }

  /** Lays a stream aside. One that is to end is left alone. */
  pause(streamId: number): void {
    const entry = this.#entries.get(streamId);
    if (!entry || entry.paused || entry.cancelled) return;
    entry.paused = true;
    this.#backend.pause(streamId);
  }

  /** Lets a paused stream go on. */
  resume(streamId: number): void {
    const entry = this.#entries.get(streamId);
    if (!entry?.paused) return;
    entry.paused = false;
    try {
      this.#awaitEnd(streamId, this.#backend.resume(streamId));
    } catch (cause) {
      this.#fail(streamId, 'the engine did not let the stream go on', cause);
    }
  }

  /** How many streams will be taken up before this one; `null` once it is. */
  queuePosition(streamId: number): number | null {
    return this.#entries.has(streamId) ? this.#backend.queuePosition(streamId) : null;
  }

  /** Delivers what there is. Never throws: it is called from where nobody could catch it. */
  drain(): void {
    // What an earlier drain left is taken by the turn scheduled for it; taking it now would defeat the limit.
    if (!this.#drainScheduled) this.#drainTurn();
  }

  /** Delivers everything there is, however much. For when it matters what has come until now; never throws. */
  catchUp(): void {
    while (this.#drainOnce());
  }

  /** Refuses new streams from now on. */
  refuseNew(): void {
    this.#closed = true;
  }

  /** Delivers everything, over as many turns as it takes, and fails the streams that are left without a last part. */
  async finish(): Promise<void> {
    this.drain();
    // At least one turn, so that whoever awaits a part has seen it when this resolves.
    do await new Promise<void>(nextTurn);
    while (this.#drainScheduled);
    for (const streamId of this.#entries.keys()) {
      this.#fail(streamId, 'the model was closed before the stream had ended');
    }
  }

  #nextId(): number {
    // Ids are 32-bit in the engine, and an old stream may still be running when they begin anew.
    do this.#lastId = (this.#lastId % 0xffff_ffff) + 1;
    while (this.#entries.has(this.#lastId));
    return this.#lastId;
  }

  #awaitEnd(streamId: number, ended: Promise<string>): void {
    ended.then(
      // What a pause has settled says nothing of the end.
      (how) => (how === 'paused' ? undefined : this.#settle(streamId)),
      (cause: unknown) => this.#fail(streamId, 'the engine failed to run the request', cause),
    );
  }

  #settle(streamId: number): void {
    if (!this.#entries.has(streamId)) return;
    this.#settled.add(streamId);
    this.drain();
  }

  #drainTurn(): void {
    if (!this.#drainOnce()) return;
    this.#drainScheduled = true;
    nextTurn(() => {
      this.#drainScheduled = false;
      this.#drainTurn();
    });
  }

  /** @returns whether more is left */
  #drainOnce(): boolean {
    let more: boolean;
    try {
      const drained = this.#backend.drain(partsPerTurn);
      for (const [streamId, part] of drained.parts) this.#deliver(streamId, part);
      more = drained.more;
    } catch (cause) {
      for (const streamId of this.#entries.keys()) {
        this.#fail(streamId, 'what the engine sent could not be read', cause);
      }
      return false;
    }
    if (more) return true;
    for (const streamId of this.#settled) this.#fail(streamId, 'the engine ended the stream without saying how');
    return false;
  }

  #deliver(streamId: number, part: StreamPart | FailurePart): void {
    const sink = this.#entries.get(streamId)?.sink.deref();
    if (part.type === 'finish' || part.type === 'error') this.#forget(streamId);
    sink?.deliver(part);
  }

  #fail(streamId: number, message: string, cause?: unknown): void {
    const sink = this.#entries.get(streamId)?.sink.deref();
    this.#forget(streamId);
    sink?.fail(message, cause);
  }

  #forget(streamId: number): void {
    const entry = this.#entries.get(streamId);
    if (!entry) return;
    this.#entries.delete(streamId);
    this.#settled.delete(streamId);
    entry.unlisten();
    const sink = entry.sink.deref();
    if (sink) this.#abandoned.unregister(sink);
  }
}
