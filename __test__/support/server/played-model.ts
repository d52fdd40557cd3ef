import { checkChoices } from '../../../src/request/check-choices.ts';
import type { ChatMessage, CompletionRequest, GenerateOptions, GenerationStream, LanguageModel, ModelMetrics, StreamPart, TramontaneError } from '../../../src/index.ts';
import { scriptedStream } from '../../../src/testing/index.ts';
import { RemoteCounts } from '../../../src/remote/remote-counts.ts';

type Parts = readonly (string | StreamPart | TramontaneError)[];

/** A model without the native library whose streams play these parts, each choice the next list. It checks requests. */
export class PlayedModel implements LanguageModel {
  readonly info = { model: 'played' };
  /** What was asked of it, oldest first. */
  readonly requests: CompletionRequest[] = [];
  closed = false;
  readonly #replies: readonly Parts[];
  readonly #stepMs: number;
  #played = 0;

  constructor(replies: readonly Parts[] = [['Hello']], stepMs = 0) {
    this.#replies = replies;
    this.#stepMs = stepMs;
  }

  streamPrompt(prompt: string, options?: GenerateOptions): GenerationStream {
    return this.#play({ prompt, ...options });
  }

  streamChat(messages: readonly ChatMessage[], options?: GenerateOptions): GenerationStream {
    return this.#play({ messages, ...options });
  }

  streamCompletion(request: CompletionRequest): GenerationStream {
    return this.#play(request);
  }

  streamChoices(request: CompletionRequest, count: number): GenerationStream[] {
    return checkChoices(request, count).map((check) => {
      try {
        check();
      } catch (error) {
        return scriptedStream([error as TramontaneError]);
      }
      return this.#play(request);
    });
  }

  metrics(): ModelMetrics {
    return new RemoteCounts().metrics();
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #play(request: CompletionRequest): GenerationStream {
    this.requests.push(request);
    const parts = this.#replies[this.#played % this.#replies.length] ?? [];
    this.#played += 1;
    return scriptedStream(parts, { stepMs: this.#stepMs, abortSignal: request.abortSignal });
  }
}
