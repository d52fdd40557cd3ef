import type { ChatMessage } from '../spec/chat-message.ts';
import type { CompletionRequest } from '../spec/completion-request.ts';
import type { GenerateOptions } from '../spec/generate-options.ts';
import type { ModelMetrics } from '../spec/model-metrics.ts';
import type { GenerationStream } from './generation-stream.ts';

/**
 * A model, wherever it runs: in this process, behind a remote engine, or as several of them. A program that is written
 * against it changes its model and not its code. What each method promises is said at {@link Model}.
 */
export interface LanguageModel extends AsyncDisposable {
  /** What is known of it; at least its name. */
  readonly info: { readonly model: string };
  /** Answers one prompt: the only user message of a conversation. Never throws; reading the stream does. */
  streamPrompt(prompt: string, options?: GenerateOptions): GenerationStream;
  /** Continues a conversation with the model's next answer. Never throws; reading the stream does. */
  streamChat(messages: readonly ChatMessage[], options?: GenerateOptions): GenerationStream;
  /** Runs a whole request given as one value. Never throws; reading the stream does. */
  streamCompletion(request: CompletionRequest): GenerationStream;
  /**
   * Several answers to one request, each a stream of its own.
   *
   * @throws {TramontaneError} `invalid-argument` with the `field` `count`.
   */
  streamChoices(request: CompletionRequest, count: number): GenerationStream[];
  /** Counts of this moment. What an engine elsewhere does not tell is 0. */
  metrics(): ModelMetrics;
  /** Ends all running streams and frees what the model holds. Any number of times. */
  close(): Promise<void>;
}
