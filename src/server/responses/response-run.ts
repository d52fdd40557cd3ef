import { MessageFold } from '../../accumulate/message-fold.ts';
import type { ChatMessage } from '../../spec/chat-message.ts';
import type { FinishPart, StreamPart } from '../../spec/stream-part.ts';
import { TramontaneError } from '../../spec/tramontane-error.ts';
import type { GenerationStream } from '../../stream/generation-stream.ts';
import { ResponsesEvents } from '../../views/responses-events.ts';
import type { OutputItem, ResponseFrame, ResponseObject, ResponsesEvent } from '../../views/responses-events.ts';
import { respell } from '../openai/field-names.ts';
import type { Spelling } from '../openai/field-names.ts';
import { toHttpError } from '../to-http-error.ts';

/** What a run is made of. */
export interface ResponseRunParts {
  readonly frame: ResponseFrame;
  readonly stream: GenerationStream;
  /** The conversation that is answered, without instructions: these hold for one response only. */
  readonly messages: readonly ChatMessage[];
  readonly inputItems: readonly OutputItem[];
  /** Whether the answer is wanted, and not only that its prompt has been read. */
  readonly generate: boolean;
  /** Whether it may have several calls; otherwise it ends with its first. */
  readonly parallelCalls: boolean;
  /** How the request's fields are spelt, for errors about them. */
  readonly spelling: Spelling;
  /** Is told once, when it is over. */
  readonly onOver: (run: ResponseRun) => void;
}

type Read = IteratorResult<ResponsesEvent, undefined>;

/**
 * A response while it is made and afterwards: its events, read one by one by one reader, and the response as it stands,
 * for anybody. It ends with its last event whether that is read or not: one that is left is cancelled, and what it had
 * come to is kept.
 */
export class ResponseRun implements AsyncIterator<ResponsesEvent, undefined> {
  readonly #parts: ResponseRunParts;
  readonly #events: ResponsesEvents;
  readonly #message = new MessageFold();
  readonly #source: AsyncIterator<StreamPart, undefined>;
  #ready: ResponsesEvent[] = [];
  #taken = 0;
  /** Whether the one call that was asked for is there. */
  #called = false;
  #begun = false;
  #over = false;
  #failure: unknown;

  constructor(parts: ResponseRunParts) {
    this.#parts = parts;
    this.#events = new ResponsesEvents(parts.frame);
    this.#source = parts.stream[Symbol.asyncIterator]();
  }

  get id(): string {
    return this.#parts.frame.id;
  }

  /** Whether it has come to its last event. */
  get over(): boolean {
    return this.#over;
  }

  get inputItems(): readonly OutputItem[] {
    return this.#parts.inputItems;
  }

  /** The response as it stands. */
  get response(): ResponseObject {
    const { response } = this.#events;
    return this.#begun ? response : { ...response, status: 'queued' };
  }

  /** The conversation that a next response continues: once it is over, with what was answered. */
  get conversation(): readonly ChatMessage[] {
    const { messages, generate } = this.#parts;
    const { message } = this.#message;
    const answered = this.#over && generate && (message.content !== '' || message.toolCalls !== undefined);
    return answered ? [...messages, message] : messages;
  }

  /**
   * Waits for the first part, so that a request that cannot be run is refused before anything is answered.
   *
   * @throws {TramontaneError} What the stream throws in place of its first part.
   */
  async begin(): Promise<void> {
    await this.#read();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Its last part, where it has come to that. */
  get finish(): FinishPart | undefined {
    return this.#message.finish;
  }

  /** What it failed by, where it did. */
  get failure(): unknown {
    return this.#failure;
  }

  async next(): Promise<Read> {
    for (;;) {
      const event = this.#ready[this.#taken];
      if (event) {
        this.#taken += 1;
        return { done: false, value: event };
      }
      if (this.#over) return { done: true, value: undefined };
      await this.#read();
    }
  }

  /** Leaves it: it is cancelled, and comes to its end by itself. Resolves at once. */
  return(): Promise<Read> {
    void this.cancel();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Ends the generation as it stands, and resolves once it is over; its last events can still be read. */
  async cancel(): Promise<void> {
    this.#parts.stream.cancel();
    while (!this.#over) await this.#read();
  }

  /** Runs it to its end, dropping its events. */
  async drain(): Promise<void> {
    let read = await this.next();
    while (!read.done) read = await this.next();
  }

  async #read(): Promise<void> {
    try {
      const { value: part } = await this.#source.next();
      this.#begun = true;
      if (part) this.#take(part);
      else throw new TramontaneError('engine-failed', 'the stream ended without its last part');
    } catch (error) {
      this.#begun = true;
      if (this.#over) return;
      this.#failure = respell(error, this.#parts.spelling);
      const { code, message, param } = toHttpError(this.#failure);
      this.#add(this.#events.fail({ code, message, param }, TramontaneError.isInstance(error) ? error.partial?.usage : undefined));
      this.#end();
    }
  }

  #take(part: StreamPart): void {
    if (this.#over || (this.#called && part.type !== 'finish')) return;
    this.#message.add(part);
    this.#add(this.#eventsOf(part));
    if (part.type === 'finish') this.#end();
    if (part.type !== 'tool-call' || this.#parts.parallelCalls) return;
    this.#called = true;
    this.#parts.stream.cancel();
  }

  #eventsOf(part: StreamPart): readonly ResponsesEvent[] {
    if (part.type !== 'finish') return this.#parts.generate ? this.#events.push(part) : this.#events.begin();
    const { finishReason } = part;
    if (this.#called && finishReason === 'aborted') return this.#events.push({ ...part, finishReason: 'tool-calls' });
    // The token that is computed after reading the prompt is no answer, and reaching it no limit.
    return this.#events.push(!this.#parts.generate && finishReason === 'length' ? { ...part, finishReason: 'stop' } : part);
  }

  #add(events: readonly ResponsesEvent[]): void {
    if (this.#taken === this.#ready.length) {
      this.#ready = [];
      this.#taken = 0;
    }
    this.#ready.push(...events);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#parts.onOver(this);
  }
}
