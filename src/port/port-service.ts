import { largestCount } from '../request/check-value.ts';
import type { CompletionRequest } from '../spec/completion-request.ts';
import type { FailurePart } from '../spec/failure-part.ts';
import type { StreamPart } from '../spec/stream-part.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { LanguageModel } from '../stream/language-model.ts';
import { nextTurn } from '../stream/next-turn.ts';
import { failureOf } from './failure-of.ts';
import { ModelReport } from './model-report.ts';
import type { PortLike } from './port-like.ts';
import { PortLink } from './port-link.ts';
import { listOf, otherVersion, portVersion } from './port-messages.ts';
import type { PortMessage, ReaderMessage, ServerMessage, StreamedPart } from './port-messages.ts';
import { ServedStream, window } from './served-stream.ts';

/** What the other side may not decide: how much waits here, and what it watches itself. */
const ownOptions = {
  maxBufferedParts: window.parts,
  maxBufferedBytes: window.bytes,
  bufferPolicy: 'pause',
  abortSignal: undefined,
  firstTokenTimeoutMs: undefined,
  idleTimeoutMs: undefined,
} as const satisfies Partial<CompletionRequest>;

/** A model that is served over one port; make one with {@link serveModel}. */
export class PortService {
  /** Settles when the service is over: closed here, or because the other side has gone. Never rejects. */
  readonly closed: Promise<void>;
  readonly #link: PortLink;
  readonly #maxStreams: number;
  readonly #streams = new Map<number, ServedStream>();
  readonly #report: ModelReport;
  #model: LanguageModel | undefined;
  /** Why there is no model. */
  #loadError: unknown;
  #outbox: StreamedPart[] = [];
  #settleClosed: () => void = () => {};

  private constructor(port: PortLike, model: Promise<LanguageModel>, maxStreams: number) {
    this.#maxStreams = maxStreams;
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.#report = new ModelReport(this.#streams, (message) => this.#post(message));
    this.#link = new PortLink(port, {
      received: (message) => this.#receive(message),
      gone: () => this.#end(),
    });
    model.then(
      (loaded) => this.#serve(loaded),
      (error: unknown) => this.#refuse(error),
    );
  }

  /** @internal */
  static of(port: PortLike, model: Promise<LanguageModel>, maxStreams: number): PortService {
    return new PortService(port, model, maxStreams);
  }

  /** How many streams run for this port now. */
  get liveStreams(): number {
    return this.#streams.size;
  }

  /** Ends the service: its streams are cancelled, and fail on the other side with code `connection-lost`. */
  close(): void {
    this.#link.close();
    this.#end();
  }

  /** The same as {@link close}, at the end of a `using` scope. */
  [Symbol.dispose](): void {
    this.close();
  }

  #serve(model: LanguageModel): void {
    this.#model = model;
    this.#report.begin(model);
    this.#greet();
  }

  #refuse(error: unknown): void {
    this.#loadError = error ?? new Error('the load was rejected without a reason');
    this.#greet();
  }

  /** Answers a `hello`, and comes unasked too, as the `hello` may have come before anybody listened. */
  #greet(): void {
    const mark = { tramontane: portVersion } as const;
    if (this.#model) this.#post({ ...mark, type: 'welcome', info: this.#model.info, metrics: this.#report.measure() });
    else if (this.#loadError !== undefined) this.#post({ ...mark, type: 'refused', error: failureOf(this.#loadError) });
  }

  #post(message: ServerMessage): void {
    this.#link.post(message);
  }

  #end(): void {
    for (const stream of this.#streams.values()) stream.drop();
    this.#streams.clear();
    this.#report.end();
    this.#settleClosed();
  }

  #receive(received: PortMessage): void {
    if (received.tramontane !== portVersion) {
      if (received.type === 'hello') this.#post({ tramontane: portVersion, type: 'refused', error: otherVersion(received) });
      return;
    }
    // Nothing of it but its mark is known to be what it should be.
    const message = received as ReaderMessage;
    switch (message.type) {
      case 'hello':
        this.#greet();
        break;
      case 'start':
        this.#start(message.streamId, message.request);
        break;
      case 'taken':
        for (const count of listOf(message.counts)) this.#taken(listOf(count));
        break;
      case 'cancel':
      case 'pause':
      case 'resume':
        this.#streams.get(message.streamId)?.[message.type]();
        break;
      case 'measure':
        this.#post({ tramontane: portVersion, type: 'metrics', metrics: this.#report.measure() });
        break;
      case 'bye':
        this.close();
    }
  }

  #taken([streamId, parts]: readonly unknown[]): void {
    if (Number.isInteger(parts) && (parts as number) > 0) this.#streams.get(streamId as number)?.taken(parts as number);
  }

  #start(streamId: unknown, request: unknown): void {
    const usable = Number.isInteger(streamId) && (streamId as number) > 0 && (streamId as number) <= largestCount;
    // No answer for a number in use: it would end the stream that has it.
    if (!usable || this.#streams.has(streamId as number)) return;
    const id = streamId as number;
    try {
      const stream = new ServedStream(this.#streamOf(request), (part) => this.#send(id, part));
      this.#streams.set(id, stream);
      void stream.run();
      this.#report.began();
    } catch (error) {
      this.#send(id, { type: 'error', error: failureOf(error) });
    }
  }

  #streamOf(request: unknown) {
    if (!this.#model) throw new TramontaneError('closed', 'there is no model at the other side of the port yet');
    if (this.#streams.size >= this.#maxStreams) {
      const message = `${this.#maxStreams} streams of this port run already (maxStreams); wait for one of them to end`;
      throw new TramontaneError('queue-full', message);
    }
    return this.#model.streamCompletion({ ...objectOf(request), ...ownOptions } as CompletionRequest);
  }

  #send(streamId: number, part: StreamPart | FailurePart): void {
    if (part.type === 'finish' || part.type === 'error') this.#streams.delete(streamId);
    // All parts of a turn go as one message.
    if (this.#outbox.push([streamId, part]) === 1) nextTurn(() => this.#flush());
  }

  #flush(): void {
    const parts = this.#outbox;
    this.#outbox = [];
    const hasLast = parts.some(([, { type }]) => type === 'finish' || type === 'error');
    this.#post({ tramontane: portVersion, type: 'parts', parts, metrics: this.#report.measureNow(hasLast) });
  }
}

function objectOf(request: unknown): object {
  let value: unknown;
  try {
    value = typeof request === 'string' ? JSON.parse(request) : undefined;
  } catch {
    // As for what is no object.
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new TramontaneError('invalid-argument', 'request must be an object as JSON', { field: 'request' });
}
