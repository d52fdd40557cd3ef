import { checkChoices } from '../request/check-choices.ts';
import { checkChatRequest, checkCompletionRequest, checkPromptRequest } from '../request/check-request.ts';
import type { CheckedRequest } from '../request/check-request.ts';
import { checkTexts } from '../request/check-texts.ts';
import type { ChatMessage } from '../spec/chat-message.ts';
import type { CompletionRequest } from '../spec/completion-request.ts';
import type { EmbeddingResult } from '../spec/embedding-result.ts';
import type { GenerateOptions } from '../spec/generate-options.ts';
import type { ModelMetrics } from '../spec/model-metrics.ts';
import type { RemoteInfo } from '../spec/remote-info.ts';
import type { RemoteModelInfo } from '../spec/remote-model-info.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { FailedSource } from '../stream/failed-source.ts';
import { Generation } from '../stream/generation.ts';
import { GenerationStream } from '../stream/generation-stream.ts';
import type { LanguageModel } from '../stream/language-model.ts';
import type { RemoteRequest } from './dialect.ts';
import type { Endpoint } from './endpoint.ts';
import { RemoteCounts } from './remote-counts.ts';
import { RemoteSource } from './remote-source.ts';
import { requestJson } from './request-json.ts';

/**
 * A model of a remote engine; make one with {@link connect}. Its streams have the same parts, views, results, errors and
 * ways of stopping as those of a model in this process. What only the engine could know, and does not tell, is 0: the
 * time in its queue, tokens where it counts none, `usage` of a cancelled stream.
 *
 * Cancelling closes the connection at once. A stream that is paused, or that nobody reads, takes nothing from its
 * connection, so that the server has to wait; how long it does is the server's choice, and a stream that it ends then
 * fails with code `connection-lost`.
 */
export class RemoteModel implements LanguageModel {
  readonly info: RemoteInfo;
  readonly #endpoint: Endpoint;
  readonly #retries: number;
  readonly #closeConnections: () => void;
  readonly #counts = new RemoteCounts();

  private constructor(endpoint: Endpoint, info: RemoteInfo, retries: number, closeConnections: () => void) {
    this.info = info;
    this.#endpoint = endpoint;
    this.#retries = retries;
    this.#closeConnections = closeConnections;
  }

  /** @internal */
  static of(endpoint: Endpoint, info: RemoteInfo, retries: number, closeConnections: () => void): RemoteModel {
    return new RemoteModel(endpoint, info, retries, closeConnections);
  }

  /** Answers one prompt: it becomes the only user message of a conversation. As {@link Model.streamPrompt}. */
  streamPrompt(prompt: string, options?: GenerateOptions): GenerationStream {
    return this.#stream(() => checkPromptRequest(prompt, options));
  }

  /**
   * Continues a conversation with the model's next answer. As {@link Model.streamChat}, but for what the engine's protocol
   * cannot express: reading throws `invalid-argument` with the `field`, rather than leaving it out.
   *
   * @throws {TramontaneError} From reading: besides those of a local model `connection-failed`, `connection-lost`,
   *   `unauthorized`, `rate-limited`, `remote-failed`, `model-not-found`.
   */
  streamChat(messages: readonly ChatMessage[], options?: GenerateOptions): GenerationStream {
    return this.#stream(() => checkChatRequest(messages, options));
  }

  /** Runs a whole request given as one value. Token ids cannot be passed: they are those of another vocabulary. */
  streamCompletion(request: CompletionRequest): GenerationStream {
    return this.#stream(() => checkCompletionRequest(request));
  }

  /** Several answers to one request, each by a request of its own. As {@link Model.streamChoices}. */
  streamChoices(request: CompletionRequest, count: number): GenerationStream[] {
    return checkChoices(request, count).map((check) => this.#stream(check));
  }

  /**
   * The models that the engine offers.
   *
   * @throws {TramontaneError} `invalid-argument` where its protocol has no list, `aborted`, `closed`, and as reading a
   *   stream does.
   */
  async listModels(options?: { readonly abortSignal?: AbortSignal | undefined }): Promise<RemoteModelInfo[]> {
    const { dialect } = this.#endpoint.options;
    const { listModels } = dialect;
    if (!listModels) throw missing(dialect.name, 'a list of models');
    const { path } = listModels;
    return requestJson(this.#endpoint, { path, body: undefined }, this.#retries, this.#counts, options, (body) => listModels.read(body));
  }

  /**
   * Turns texts into vectors, by the model of this connection.
   *
   * @param texts - At least one, at most 2,048.
   * @throws {TramontaneError} `invalid-argument` where its protocol has no embeddings or a text is none, `aborted`,
   *   `closed`, and as reading a stream does.
   */
  async embed(
    texts: readonly string[],
    options?: { readonly abortSignal?: AbortSignal | undefined },
  ): Promise<EmbeddingResult> {
    const { dialect } = this.#endpoint.options;
    const { embeddings } = dialect;
    if (!embeddings) throw missing(dialect.name, 'embeddings');
    const body = embeddings.request(this.info.model, checkTexts(texts));
    const result = await requestJson(this.#endpoint, body, this.#retries, this.#counts, options, (answer) => embeddings.read(answer));
    return { embeddings: result.embeddings, inputTokens: result.inputTokens ?? 0 };
  }

  /** Counts of this connection's streams, as far as they can be known at this end; the others are 0. */
  metrics(): ModelMetrics {
    return this.#counts.metrics();
  }

  /**
   * Ends all running streams, which get their `finish` part with finishReason `aborted` before this resolves, and closes
   * the connections. Streams read for the first time from now on throw code `closed`.
   */
  async close(): Promise<void> {
    this.#counts.close();
    this.#closeConnections();
    // So that whoever awaits a part has seen it when this resolves.
    await new Promise((resolve) => void setImmediate(resolve));
  }

  /** Closes the model at the end of an `await using` scope. The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #stream(check: () => CheckedRequest): GenerationStream {
    try {
      const { abortSignal, timeouts, budget, ...checked } = check();
      const request = this.#remoteRequest(checked);
      const source = new RemoteSource(this.#endpoint, request, { retries: this.#retries, abortSignal }, this.#counts);
      return GenerationStream.of(new Generation(source, { timeouts, budget }));
    } catch (error) {
      return GenerationStream.of(new Generation(new FailedSource(error as TramontaneError)));
    }
  }

  #remoteRequest({ prompt, options }: Pick<CheckedRequest, 'prompt' | 'options'>): RemoteRequest {
    if ('tokens' in prompt) {
      const message = 'tokens are ids of a vocabulary that is not known here; pass messages or prompt';
      throw new TramontaneError('invalid-argument', message, { field: 'tokens' });
    }
    return { model: this.info.model, prompt: prompt as RemoteRequest['prompt'], options };
  }
}

function missing(dialect: string, what: string): TramontaneError {
  return new TramontaneError('invalid-argument', `${dialect} has no ${what}`, { field: 'dialect' });
}
