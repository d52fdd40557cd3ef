import { checkChoices } from '../request/check-choices.ts';
import { checkChatRequest, checkCompletionRequest, checkPromptRequest } from '../request/check-request.ts';
import type { CheckedRequest } from '../request/check-request.ts';
import type { ChatMessage } from '../spec/chat-message.ts';
import type { CompletionRequest } from '../spec/completion-request.ts';
import type { GenerateOptions } from '../spec/generate-options.ts';
import type { ModelInfo } from '../spec/model-info.ts';
import type { ModelMetrics } from '../spec/model-metrics.ts';
import type { RemoteInfo } from '../spec/remote-info.ts';
import type { TramontaneError } from '../spec/tramontane-error.ts';
import { FailedSource } from '../stream/failed-source.ts';
import { Generation } from '../stream/generation.ts';
import { GenerationStream } from '../stream/generation-stream.ts';
import type { LanguageModel } from '../stream/language-model.ts';
import { nextTurn } from '../stream/next-turn.ts';
import { StreamRouter } from '../stream/stream-router.ts';
import type { PortBackend } from './port-backend.ts';

/** What is known of a model at the other side of a port: what it tells of itself there. */
export type PortInfo = { readonly model: string } & Partial<Omit<ModelInfo, 'model'>> & Partial<Omit<RemoteInfo, 'model'>>;

/** What a connection does for its model. */
interface Connection {
  /** Asks for the metrics of the other side, which come later. */
  measure(): void;
  close(): void;
}

const noMetrics: ModelMetrics = {
  liveSequences: 0,
  queuedSequences: 0,
  parkedSequences: 0,
  totalSequences: 0,
  finishedSequences: 0,
  failedSequences: 0,
  abortedSequences: 0,
  inputTokens: 0,
  cachedTokens: 0,
  prefillTokens: 0,
  generatedTokens: 0,
  bellsRung: 0,
  unreadParts: 0,
};

/**
 * A model at the other side of a port; make one with {@link connectPort}. Its streams have the same parts, views, results,
 * errors and ways of stopping as those of the model there. Timeouts, the buffer's budget and `abortSignal` are watched on
 * this side.
 *
 * Cancelling, leaving a stream and letting go of it reach the model at once, as pausing does. A stream that nobody here
 * takes in is paused there once 256 parts or 256 KiB of text are on their way and as many wait behind them. A stream that
 * was begun when the other side goes away fails with code `connection-lost` and keeps its text; one that is first read
 * afterwards fails with `connection-failed`.
 */
export class PortModel implements LanguageModel {
  /** What the model says of itself. */
  readonly info: PortInfo;
  readonly #backend: PortBackend;
  readonly #connection: Connection;
  readonly #router: StreamRouter;
  #closing: Promise<void> | undefined;

  private constructor(info: PortInfo, backend: PortBackend, connection: Connection) {
    this.info = info;
    this.#backend = backend;
    this.#connection = connection;
    const router = new StreamRouter(backend);
    this.#router = router;
    backend.deliver = () => router.drain();
  }

  /** @internal */
  static of(info: PortInfo, backend: PortBackend, connection: Connection): PortModel {
    return new PortModel(info, backend, connection);
  }

  /** Answers one prompt: it becomes the only user message of a conversation. As {@link Model.streamPrompt}. */
  streamPrompt(prompt: string, options?: GenerateOptions): GenerationStream {
    return this.#stream(() => checkPromptRequest(prompt, options));
  }

  /**
   * Continues a conversation with the model's next answer. As {@link Model.streamChat}.
   *
   * @throws {TramontaneError} From reading: what the model throws, and `connection-lost`, `connection-failed`, and
   *   `queue-full` where as many streams of this port run as the other side allows.
   */
  streamChat(messages: readonly ChatMessage[], options?: GenerateOptions): GenerationStream {
    return this.#stream(() => checkChatRequest(messages, options));
  }

  /** Runs a whole request given as one value. As {@link Model.streamCompletion}. */
  streamCompletion(request: CompletionRequest): GenerationStream {
    return this.#stream(() => checkCompletionRequest(request));
  }

  /** Several answers to one request, each a stream of its own. As {@link Model.streamChoices}. */
  streamChoices(request: CompletionRequest, count: number): GenerationStream[] {
    return checkChoices(request, count).map((check) => this.#stream(check));
  }

  /**
   * Counts of the model as the other side last told: with a stream's last part, while parts come every 100 ms, and as an
   * answer to this call, which the next one has.
   */
  metrics(): ModelMetrics {
    this.#connection.measure();
    return { ...noMetrics, ...this.#backend.metrics };
  }

  /**
   * Ends the streams of this side, which get their `finish` part with finishReason `aborted` and a usage of zero before
   * this resolves, and closes the port. The model at the other side stays. Streams read for the first time from now on
   * throw code `closed`. Any number of times.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Closes the port at the end of an `await using` scope. The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#router.refuseNew();
    this.#connection.close();
    this.#backend.abort();
    await this.#router.finish();
    // So that whoever awaits a part has seen it when this resolves.
    await new Promise<void>(nextTurn);
  }

  #stream(check: () => CheckedRequest): GenerationStream {
    const { model } = this.info;
    try {
      const { prompt, options, abortSignal, timeouts, budget } = check();
      const source = this.#router.source(
        { json: JSON.stringify({ ...('text' in prompt ? { prompt: prompt.text } : prompt), ...options }), abortSignal },
        () => ({ model, request: { prompt, ...options } }),
      );
      return GenerationStream.of(new Generation(source, { timeouts, budget }));
    } catch (error) {
      return GenerationStream.of(new Generation(new FailedSource(error as TramontaneError)));
    }
  }
}
