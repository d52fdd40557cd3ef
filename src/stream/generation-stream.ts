import type { Readable } from 'node:stream';
import { checkBranches, checkChunkOptions, checkNodeReadableOptions, checkResponseOptions } from '../request/check-view-options.ts';
import type { AnyStreamPart } from '../spec/agent-part.ts';
import type { GenerationResult } from '../spec/generation-result.ts';
import type { OpenAIChatChunk } from '../spec/openai-chat-chunk.ts';
import type { ReasoningDeltaPart, StreamPart, TextDeltaPart } from '../spec/stream-part.ts';
import type { NodeReadableOptions, OpenAIChunkOptions, StreamResponseOptions } from '../spec/view-options.ts';
import { OpenAIChunks } from '../views/openai-chunks.ts';
import { OpenCalls } from '../views/open-calls.ts';
import { chunksResponse, partsResponse, textResponse } from '../views/stream-response.ts';
import { partsToNodeReadable, textToNodeReadable } from '../views/to-node-readable.ts';
import { toReadableStream } from '../views/to-readable-stream.ts';
import { ExpandingIterator } from './expanding-iterator.ts';
import type { Generation } from './generation.ts';
import { PartIterator } from './part-iterator.ts';
import { Relay } from './relay.ts';

/**
 * One generation, read part by part as it is computed.
 *
 * **Start.** Nothing is computed until the first read: the first `next()` of a loop, or `result()`. A stream that is
 * never read costs nothing.
 *
 * **Reading.** Iterate the stream for its parts, or take one of its views, such as `textStream` for its text alone or
 * `toResponse()` for a web server: one of them, once; `tee()` makes several streams of one. `result()` can be asked for
 * beside any, before, during or after. Parts wait here until they are read, as many as `maxBufferedParts` and
 * `maxBufferedBytes` allow; then `bufferPolicy` decides, and by default the generation is paused until the reader has
 * caught up. A slow reader delays no other stream.
 *
 * **Pausing.** `pause()` lays the generation aside, from anywhere and for as long as you like, and `resume()` lets it go
 * on with the same tokens. A stream that is paused, by either way, does not keep the process alive.
 *
 * **Leaving.** `break`, `return`, an error thrown in the loop, `cancel()`, `abortSignal`, the end of an `await using`
 * scope, or simply letting go of the stream: each frees the sequence and its KV cache within one decode step, and one
 * that was still queued never begins. None of them waits for the engine.
 *
 * **Failing.** Whatever goes wrong, a bad request included, is thrown by the read that meets it, after all parts before
 * it; making a stream never throws. The error is a {@link TramontaneError}, and its `partial` holds the text so far.
 *
 * @example Show text as it comes, and keep the whole
 * const stream = model.streamPrompt('Why is the sky blue?');
 * for await (const part of stream) {
 *   if (part.type === 'text-delta') process.stdout.write(part.delta);
 * }
 * const { text, usage } = await stream.result();
 */
export class GenerationStream<Part extends AnyStreamPart = StreamPart, Result extends GenerationResult = GenerationResult>
  implements AsyncIterable<Part>, AsyncDisposable
{
  readonly #generation: Generation;

  private constructor(generation: Generation) {
    this.#generation = generation;
  }

  /** @internal */
  static of<Part extends AnyStreamPart = StreamPart, Result extends GenerationResult = GenerationResult>(
    generation: Generation,
  ): GenerationStream<Part, Result> {
    return new GenerationStream<Part, Result>(generation);
  }

  /** @internal */
  static generationOf(stream: GenerationStream<AnyStreamPart>): Generation {
    return stream.#generation;
  }

  /**
   * Reads the parts: `text-delta` as the text comes, then one `finish`. Called by `for await`.
   *
   * Calls of `next()` may overlap and are answered in order. `return()` and `throw()` cancel and settle at once, and end
   * a `next()` that is still pending. An error is thrown by one `next()`; after it the iterator is done.
   *
   * @throws {TramontaneError} `invalid-argument` at once, where this stream or a view of it is already being read.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Part, undefined> {
    this.#generation.claim(() => true);
    return new PartIterator(this.#generation, (part) => part as Part);
  }

  /**
   * The text alone: each delta as a string, ending where the generation ends. Reading it is reading the stream, with the
   * same rules for starting, leaving and failing; why it ended and what it used is in `result()`.
   *
   * @example
   * for await (const delta of model.streamPrompt('Write a haiku.').textStream) process.stdout.write(delta);
   */
  get textStream(): AsyncIterable<string> {
    return { [Symbol.asyncIterator]: () => this.#text() };
  }

  /**
   * What the model thinks, alone: each reasoning delta as a string, as `textStream` has the text's. To show both as they
   * come, iterate the stream itself.
   */
  get reasoningStream(): AsyncIterable<string> {
    return {
      [Symbol.asyncIterator]: (): AsyncIterableIterator<string, undefined> => {
        this.#generation.claim((part) => part.type === 'reasoning-delta');
        return new PartIterator(this.#generation, (part) => (part as ReasoningDeltaPart).delta);
      },
    };
  }

  /**
   * The parts as a web stream. It asks for a part when it is read, and starts the generation with that; cancelling it
   * cancels the generation. An error is the error of the web stream.
   *
   * @throws {TramontaneError} `invalid-argument`, where this stream or a view of it is already being read.
   */
  toReadableStream(): ReadableStream<Part> {
    return toReadableStream(this[Symbol.asyncIterator](), { chunkOf: (part) => part });
  }

  /**
   * The text as a web stream of strings, otherwise as {@link toReadableStream}.
   *
   * @throws {TramontaneError} `invalid-argument`, where this stream or a view of it is already being read.
   */
  toTextReadableStream(): ReadableStream<string> {
    return toReadableStream(this.#text(), { chunkOf: (delta) => delta });
  }

  /**
   * A Node stream: of the text, as strings, or of the parts, in object mode. It asks for a part when it is read, and
   * starts the generation with that; destroying it cancels the generation. An error destroys it with that error.
   *
   * Only where there are Node streams, so not on a web page. Connect it by `pipeline`: where the other end goes away, `pipe` would leave it, and so the generation, running.
   *
   * @throws {TramontaneError} `invalid-argument` with the `field` at fault, or where this stream or a view of it is
   *   already being read.
   * @example
   * await pipeline(model.streamPrompt(question).toNodeReadable(), response);
   */
  toNodeReadable(options?: NodeReadableOptions): Readable {
    const { format = 'text' } = checkNodeReadableOptions(options);
    return format === 'text' ? textToNodeReadable(this.#text()) : partsToNodeReadable(this[Symbol.asyncIterator]());
  }

  /**
   * The answer of a web server's handler: plain text, our parts as server-sent events, or what OpenAI's clients read.
   * The generation starts when the body is read, and is cancelled where the client goes away, if the server cancels the
   * body then, as web servers do.
   *
   * Status and headers are sent before the first part is known, so an error, also of a bad request, shows in the body:
   * a last event, or for `text` a body that breaks off. Events of errors have the message, code and field, not the file.
   *
   * @throws {TramontaneError} `invalid-argument` with the `field` at fault, or where this stream or a view of it is
   *   already being read.
   * @example
   * app.post('/chat', async (c) => model.streamChat(await c.req.json()).toResponse({ format: 'sse' }));
   */
  toResponse(options?: StreamResponseOptions): Response {
    const checked = checkResponseOptions(options);
    switch (checked.format) {
      case 'sse':
        return partsResponse(this[Symbol.asyncIterator](), checked);
      case 'openai-sse':
        return chunksResponse(this.#chunks(checked), checked);
      default:
        return textResponse(this.#text(), checked);
    }
  }

  /**
   * The chunks of OpenAI's streaming chat completions: the role first, then text, reasoning and tool calls as they come,
   * one finish reason, and with `includeUsage` a last chunk that tells the tokens used. Reading it is reading the stream,
   * with the same rules for starting, leaving and failing.
   *
   * Tool calls are numbered anew in the order in which they begin. A generation that was cut short has finish reason
   * `length`, whatever cut it, as no other says so. Of an agent's run the calls that it has answered are left out.
   *
   * @throws {TramontaneError} `invalid-argument` with the `field` at fault.
   */
  toOpenAIChunks(options?: OpenAIChunkOptions): AsyncIterable<OpenAIChatChunk> {
    const checked = checkChunkOptions(options);
    return { [Symbol.asyncIterator]: () => this.#chunks(checked) };
  }

  /**
   * Several streams in place of this one: each gives all parts, has its own result and views, and can be left by itself.
   * The generation goes on while one of them is left, and is cancelled when all have been.
   *
   * They may be read at any pace, one after the other too: the quickest sets it, and what a slower one has not read
   * waits in it, up to the whole answer, without holding the others back. With `bufferPolicy: 'error'` a branch that
   * falls behind by more than the stream's budget fails alone, with code `buffer-full`. Pausing a branch holds back what
   * it is given; the generation is paused once all of them are. One that is left while others go on ends with finishReason `aborted` and a usage of zero, since its tokens
   * are still being made; one that is never read counts as left once it is collected.
   *
   * @param branches - How many, from 1 to 1024.
   * @throws {TramontaneError} `invalid-argument`, where this stream or a view of it is already being read.
   * @example Answer the client and keep the text
   * const [forClient, forLog] = model.streamChat(messages).tee();
   * void forLog.result().then(({ text }) => log(text));
   * return forClient.toResponse();
   */
  tee(): [GenerationStream<Part, Result>, GenerationStream<Part, Result>];
  tee(branches: number): GenerationStream<Part, Result>[];
  tee(branches?: number): GenerationStream<Part, Result>[] {
    const count = checkBranches(branches);
    return Relay.branches(this.#generation, count).map((branch) => new GenerationStream<Part, Result>(branch));
  }

  /**
   * The whole generation, once it has ended. Starts it where nothing was read yet, takes no part away from a reader,
   * and gives the same promise each time.
   *
   * It asks for the whole: until it settles, nothing is paused or refused because a reader beside it is slow, and what
   * that reader has not read is kept. Only `pause()` still holds.
   *
   * A cancelled generation is a result too: finishReason `aborted`, with all the text there was. Where the generation
   * had already ended by itself when it was left, the result says so.
   *
   * @throws {TramontaneError} The error that iterating throws. If a reader gets it, this promise may go unawaited
   *   without an unhandled rejection.
   */
  result(): Promise<Result> {
    return this.#generation.result() as Promise<Result>;
  }

  /**
   * Lays the generation aside until `resume()`: its sequence is freed, and the time is other streams'. Parts made before
   * can still be read; a read that waits goes on waiting, and no timeout runs meanwhile. `cancel()`, an `abortSignal` and
   * closing the model end a paused stream too.
   *
   * Any time, any number of times. One that was not started is queued by its first read, and waits there. Once the
   * stream has ended, it has no effect.
   */
  pause(): void {
    this.#generation.pause('caller');
  }

  /** Lets a generation go on that `pause()` has laid aside, with the same tokens as if it never had been. */
  resume(): void {
    this.#generation.resume('caller');
  }

  /** Whether `pause()` has laid it aside. A stream that merely waits for its reader is not paused in this sense. */
  get paused(): boolean {
    return this.#generation.paused;
  }

  /** How many streams will be taken up before this one; `null` once it was taken up, and before the first read. */
  get queuePosition(): number | null {
    return this.#generation.queuePosition;
  }

  /**
   * Ends the generation as it stands. Not an error: a reader still gets the parts made so far, then `finish` with
   * finishReason `aborted`. A stream that was not started never will be. Any time, any number of times; once the stream
   * has ended, it has no effect.
   */
  cancel(): void {
    this.#generation.cancel();
  }

  /** Cancels and drops what is unread: `await using stream = ...` frees it at the end of the scope. Resolves at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#generation.leave();
  }

  #text(): AsyncIterableIterator<string, undefined> {
    this.#generation.claim((part) => part.type === 'text-delta');
    return new PartIterator(this.#generation, (part) => (part as TextDeltaPart).delta);
  }

  #chunks({ id, model, created, includeUsage = false }: OpenAIChunkOptions): AsyncIterableIterator<OpenAIChatChunk, undefined> {
    const generation = this.#generation;
    generation.claim(() => true);
    const chunks = new OpenAIChunks(() => ({
      id: id ?? `chatcmpl-${crypto.randomUUID()}`,
      model: model ?? generation.origin.model ?? 'unknown',
      created: created ?? Math.floor(Date.now() / 1000),
      includeUsage,
    }));
    if (!generation.answersCalls) return new ExpandingIterator(generation, (part) => chunks.chunksOf(part as StreamPart));
    const openCalls = new OpenCalls();
    return new ExpandingIterator(generation, (part) => openCalls.take(part).flatMap((taken) => chunks.chunksOf(taken)));
  }
}
