import type { StreamPart } from '../spec/stream-part.ts';
import type { LanguageModel } from '../stream/language-model.ts';
import { CallError, abortError, callError } from './call-error.ts';
import type { CallOptions, CallPart } from './call-part.ts';
import { callRequest, withoutRefused } from './call-request.ts';
import type { CallRequest } from './call-request.ts';
import { PartMapper } from './part-mapper.ts';

type PartIterator = AsyncIterator<StreamPart, undefined>;

/** A call that is being answered. */
export interface RunningCall {
  readonly stream: ReadableStream<CallPart>;
  readonly request: CallRequest;
}

interface BegunStream {
  readonly iterator: PartIterator;
  /** The first part, which had to come before anybody could say that the call has not failed. */
  readonly first: IteratorResult<StreamPart, undefined>;
  readonly request: CallRequest;
}

/**
 * Asks a model for what the AI SDK wants. Resolves when the first part has come: until then a failure rejects, so that
 * the AI SDK repeats the call where that can help; after that it is an `error` part, followed by `finish`.
 *
 * An abort leaves the generation at once, and is an `AbortError` whatever comes first: the stream's reader may be a
 * branch of a native `tee()`, from which no cancel arrives. Nothing is read before it is asked for.
 */
export async function runCall(model: LanguageModel, modelId: string, call: CallOptions): Promise<RunningCall> {
  const { abortSignal } = call;
  if (abortSignal?.aborted) throw abortError(abortSignal);
  let begun: BegunStream;
  try {
    begun = await begin(model, call);
  } catch (error) {
    throw abortSignal?.aborted ? abortError(abortSignal) : callError(error, model);
  }
  const head: CallPart[] = [
    { type: 'stream-start', warnings: [...begun.request.warnings] },
    { type: 'response-metadata', modelId, timestamp: new Date() },
  ];
  return { stream: new CallSource(begun, head, model, call).stream, request: begun.request };
}

async function begin(model: LanguageModel, call: CallOptions): Promise<BegunStream> {
  let request = callRequest(call, model);
  for (;;) {
    const iterator = model.streamChat(request.messages, request.options)[Symbol.asyncIterator]();
    try {
      return { iterator, first: await firstPart(iterator, call.abortSignal), request };
    } catch (error) {
      const smaller = withoutRefused(request, error, call);
      if (!smaller) throw error;
      request = smaller;
    }
  }
}

async function firstPart(iterator: PartIterator, signal: AbortSignal | undefined): Promise<BegunStream['first']> {
  const leave = () => void iterator.return?.();
  signal?.addEventListener('abort', leave, { once: true });
  try {
    const first = await iterator.next();
    if (!signal?.aborted) return first;
    leave();
    throw abortError(signal);
  } finally {
    signal?.removeEventListener('abort', leave);
  }
}

/** A web stream of a generation's parts, as the AI SDK has them. */
class CallSource {
  readonly stream: ReadableStream<CallPart>;
  readonly #iterator: PartIterator;
  readonly #mapper = new PartMapper();
  readonly #model: LanguageModel;
  readonly #call: CallOptions;
  /** What is known before anything is read. */
  #head: CallPart[];
  #first: BegunStream['first'] | undefined;
  #controller: ReadableStreamDefaultController<CallPart> | undefined;
  #over = false;
  #stopListening = () => {};

  constructor({ iterator, first }: BegunStream, head: CallPart[], model: LanguageModel, call: CallOptions) {
    this.#iterator = iterator;
    this.#first = first;
    this.#head = head;
    this.#model = model;
    this.#call = call;
    this.stream = new ReadableStream<CallPart>(
      {
        start: (controller) => this.#listen(controller),
        pull: (controller) => this.#pull(controller),
        cancel: () => this.#leave(),
      },
      // Reads nothing ahead, so that a slow reader pauses the generation.
      { highWaterMark: 0 },
    );
  }

  /** The stream fails with `error` at once, and the generation is left. */
  fail(error: Error): void {
    this.#leave();
    this.#controller?.error(error);
  }

  #listen(controller: ReadableStreamDefaultController<CallPart>): void {
    this.#controller = controller;
    const { abortSignal } = this.#call;
    if (!abortSignal) return;
    // A signal may live as long as the program: it must not keep a stream that nobody reads any more.
    const source = new WeakRef(this);
    const abort = () => source.deref()?.fail(abortError(abortSignal));
    abortSignal.addEventListener('abort', abort, { once: true });
    this.#stopListening = () => abortSignal.removeEventListener('abort', abort);
    // Raised since the first part came.
    if (abortSignal.aborted) abort();
  }

  #leave(): void {
    this.#end();
    void this.#iterator.return?.();
  }

  #end(): void {
    this.#over = true;
    this.#stopListening();
  }

  async #pull(controller: ReadableStreamDefaultController<CallPart>): Promise<void> {
    let parts = this.#head;
    this.#head = [];
    while (parts.length === 0 && !this.#over) parts = await this.#nextParts();
    if (this.#over) return;
    for (const part of parts) controller.enqueue(part);
    if (parts.at(-1)?.type !== 'finish') return;
    this.#end();
    controller.close();
  }

  /** What the next part makes; it may be nothing. */
  async #nextParts(): Promise<CallPart[]> {
    try {
      const read = this.#first ?? (await this.#iterator.next());
      this.#first = undefined;
      // Where it was left, nobody hears this any more.
      if (read.done) throw new Error('the stream ended without a finish part');
      const parts = this.#mapper.partsOf(read.value);
      return this.#call.includeRawChunks ? [{ type: 'raw', rawValue: read.value }, ...parts] : parts;
    } catch (error) {
      const failure = callError(error, this.#model);
      if (!(failure instanceof CallError)) throw failure;
      return this.#mapper.failureParts(failure);
    }
  }
}
