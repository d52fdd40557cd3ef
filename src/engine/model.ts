import { fromNativeCount } from '../native/from-native-count.ts';
import { fromNativeResult } from '../native/from-native-result.ts';
import { fromNativeParts } from '../native/from-native-parts.ts';
import type { NativeModel } from '../native/native-binding.ts';
import { checkChoices } from '../request/check-choices.ts';
import type { PreparedRequest } from '../request/prepare-request.ts';
import { prepare, prepareChat, prepareCompletion, preparePrompt } from '../request/prepare-request.ts';
import { prepareDetokenize, prepareTokenize } from '../request/prepare-text-task.ts';
import type { ChatMessage } from '../spec/chat-message.ts';
import type { CompletionRequest } from '../spec/completion-request.ts';
import type { GenerateOptions } from '../spec/generate-options.ts';
import type { ModelInfo } from '../spec/model-info.ts';
import type { ModelMetrics } from '../spec/model-metrics.ts';
import type { RenderedPrompt } from '../spec/rendered-prompt.ts';
import type { TokenCount } from '../spec/token-count.ts';
import type { DetokenizeOptions, TokenizeOptions } from '../spec/tokenize-options.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { FailedSource } from '../stream/failed-source.ts';
import { Generation } from '../stream/generation.ts';
import { GenerationStream } from '../stream/generation-stream.ts';
import type { LanguageModel } from '../stream/language-model.ts';
import { StreamRouter } from '../stream/stream-router.ts';
import type { Doorbell } from './doorbell.ts';

/**
 * A loaded model. Make one with {@link loadModel}, share it among all requests of the program, and close it when it is
 * no longer needed.
 *
 * Any number of streams may run at once; each gives the same tokens as it would alone. An idle model does not keep the
 * process alive, a stream that somebody awaits does.
 */
export class Model implements LanguageModel {
  /** What was loaded, and onto which device. */
  readonly info: ModelInfo;
  readonly #native: NativeModel;
  readonly #router: StreamRouter;
  readonly #releaseExit: () => void;
  #closing: Promise<void> | undefined;

  private constructor(native: NativeModel, info: ModelInfo, doorbell: Doorbell, releaseExit: () => void) {
    this.info = info;
    this.#native = native;
    this.#releaseExit = releaseExit;
    this.#router = new StreamRouter({
      submit: (streamId, json) => native.submit(streamId, json),
      drain: (max) => fromNativeParts(native.drain(max)),
      cancel: (streamId) => native.cancel(streamId),
      pause: (streamId) => native.pause(streamId),
      resume: (streamId) => native.resume(streamId),
      queuePosition: (streamId) => native.queuePosition(streamId),
    });
    doorbell.answerWith(this.#router);
  }

  /** @internal */
  static of(native: NativeModel, info: ModelInfo, doorbell: Doorbell, releaseExit: () => void): Model {
    return new Model(native, info, doorbell, releaseExit);
  }

  /**
   * Answers one prompt: it becomes the only user message of a conversation, rendered by the model's chat template.
   *
   * Starting, leaving and failing work as for every stream: see {@link streamChat}.
   *
   * @param prompt - What the user says; not empty.
   * @param options - How to generate.
   * @returns A stream to be read once.
   * @example
   * for await (const delta of model.streamPrompt('Name three winds.').textStream) process.stdout.write(delta);
   */
  streamPrompt(prompt: string, options?: GenerateOptions): GenerationStream {
    return this.#stream(() => preparePrompt(prompt, options));
  }

  /**
   * Continues a conversation with the model's next answer, part by part as it is computed.
   *
   * The call only notes down the request, as it is now, and never throws. The generation starts with the first read:
   * the first `next()` of a loop over the stream or its `textStream`, or `result()`. Leaving the loop early, by `break`,
   * `return` or an error, frees the sequence and its KV cache within one decode step; so do `cancel()`,
   * `options.abortSignal`, `await using` and letting go of the stream. Parts wait in the stream until they are read, up
   * to a budget: then the generation is paused, and no other stream is delayed.
   *
   * @param messages - The conversation so far, oldest first; at least one message, usually ending with the user's.
   * @param options - How to generate. `maxOutputTokens` counts tokens and defaults to what is left of the context.
   * @returns A stream to be read once: any number of parts with text, reasoning and tool calls, then one `finish` part
   *   that says why it ended, and with how many tokens in how many milliseconds.
   * @throws {TramontaneError} From reading, never from this call, and after all parts before it; `error.partial` holds
   *   the text so far. `invalid-argument` with the `field` at fault (`messages[2].role`), `no-chat-template`,
   *   `context-overflow`, `aborted` where the signal was raised before the first read, `queue-full`,
   *   `deadline-exceeded`, `first-token-timeout`, `idle-timeout`, `buffer-full`, `closed`, `engine-failed`.
   * @example Stop at the first line
   * const messages: ChatMessage[] = [
   *   { role: 'system', content: 'Answer in one line.' },
   *   { role: 'user', content: 'What is a tramontane?' },
   * ];
   * for await (const delta of model.streamChat(messages, { maxOutputTokens: 100 }).textStream) {
   *   process.stdout.write(delta);
   *   if (delta.includes('\n')) break; // the engine stops too
   * }
   */
  streamChat(messages: readonly ChatMessage[], options?: GenerateOptions): GenerationStream {
    return this.#stream(() => prepareChat(messages, options));
  }

  /**
   * Runs a whole request given as one value, which can be built and changed before it is passed: a conversation
   * (`messages`), text to be continued as it stands, without the chat template (`prompt`), or token ids (`tokens`).
   *
   * Starting, leaving and failing work as for every stream: see {@link streamChat}.
   *
   * @param request - Exactly one of `prompt`, `messages` and `tokens`, and how to generate.
   * @returns A stream to be read once.
   * @example
   * const stream = model.streamCompletion({ prompt: 'def fib(n):\n', temperature: 0, stopSequences: ['\n\n'] });
   * const { text } = await stream.result();
   */
  streamCompletion(request: CompletionRequest): GenerationStream {
    return this.#stream(() => prepareCompletion(request));
  }

  /**
   * Several answers to one request, to choose from or to vote among. Each is a stream like any other, with its own
   * result, and can be left by itself; they run side by side once they are read.
   *
   * @param request - What {@link streamCompletion} takes. With a `seed`, the n-th answer (from 0) has the seed
   *   `seed + n`, modulo 2^53, so that each can be had again alone; without one, each draws its own.
   * @param count - How many, an integer from 1 to 128.
   * @throws {TramontaneError} `invalid-argument` with the `field` `count`. What is wrong with the request, its streams
   *   throw when they are read.
   * @example
   * const results = await Promise.all(model.streamChoices({ messages, seed: 7 }, 3).map((stream) => stream.result()));
   */
  streamChoices(request: CompletionRequest, count: number): GenerationStream[] {
    return checkChoices(request, count).map((check) => this.#stream(() => prepare(check())));
  }

  /**
   * How many tokens a request's prompt has, without running it: the chat template is rendered, with its tools, and
   * tokenized on a thread of its own.
   *
   * @param request - What {@link streamCompletion} takes.
   * @throws {TramontaneError} What reading the stream of that request would throw before its first token:
   *   `invalid-argument` with the `field` at fault, `no-chat-template`, `context-overflow`; `aborted` where its signal is
   *   raised, `closed`, `engine-failed`.
   * @example
   * const { inputTokens } = await model.countTokens({ messages, contextOverflow: 'truncate-oldest' });
   */
  async countTokens(request: CompletionRequest): Promise<TokenCount> {
    const { json, abortSignal } = prepareCompletion(request);
    return this.#ask('count tokens', abortSignal, () => this.#native.countTokens(json), fromNativeCount);
  }

  /**
   * The tokens of a text, by the model's own tokenizer, on a thread of its own. Special tokens that the text spells out
   * (`<|im_end|>`) are found in it.
   *
   * @param text - Any text; an empty one has no tokens.
   * @param options - `addSpecialTokens` puts the tokens there with which the model wants a text to begin or end, as
   *   `streamCompletion({ prompt })` does; false by default, so that {@link detokenize} gives the text back.
   * @throws {TramontaneError} `invalid-argument` with the `field` at fault, `closed`, `engine-failed`.
   */
  async tokenize(text: string, options?: TokenizeOptions): Promise<number[]> {
    const json = prepareTokenize(text, options);
    return this.#ask('tokenize', undefined, () => this.#native.answer(json), fromNativeResult<number[]>);
  }

  /**
   * The text of tokens. The text of a stream's deltas is more than this one's pieces: a character can span tokens.
   *
   * @param tokens - Ids below `info.vocabularySize`.
   * @param options - `skipSpecialTokens` leaves out the text of special tokens; false by default.
   * @throws {TramontaneError} `invalid-argument` with the token at fault as `field` (`tokens[3]`), `closed`,
   *   `engine-failed`.
   */
  async detokenize(tokens: readonly number[], options?: DetokenizeOptions): Promise<string> {
    const json = prepareDetokenize(tokens, options);
    return this.#ask('detokenize', undefined, () => this.#native.answer(json), fromNativeResult<string>);
  }

  /**
   * A request's prompt as the model would get it, without running it: the chat template is rendered, with its tools, and
   * tokenized on a thread of its own. It may be too long for the context.
   *
   * @param request - What {@link streamCompletion} takes.
   * @throws {TramontaneError} `invalid-argument` with the `field` at fault, `no-chat-template`; `aborted` where its signal
   *   is raised, `closed`, `engine-failed`.
   * @example
   * const { text } = await model.renderPrompt({ messages: [{ role: 'user', content: 'Hello!' }] });
   */
  async renderPrompt(request: CompletionRequest): Promise<RenderedPrompt> {
    const { json, abortSignal } = prepareCompletion(request);
    const task = JSON.stringify({ task: 'render', request: json });
    return this.#ask('render a prompt', abortSignal, () => this.#native.answer(task), fromNativeResult<RenderedPrompt>);
  }

  /**
   * Counts of this moment, cheap enough to be read on every request. Also after `close()`.
   *
   * @throws {TramontaneError} `engine-failed`, should the engine not answer.
   */
  metrics(): ModelMetrics {
    try {
      return JSON.parse(this.#native.metrics()) as ModelMetrics;
    } catch (cause) {
      throw new TramontaneError('engine-failed', 'the engine gave no metrics', { cause });
    }
  }

  /**
   * Ends all running streams and frees the weights. Running streams get their `finish` part, finishReason `aborted`,
   * before this resolves; streams read for the first time from now on throw code `closed`.
   *
   * Should be called, or `await using` be used, even though a model that is let go of is freed at some later garbage
   * collection: its memory lies outside the JavaScript heap, where it puts no pressure on the collector. May be called
   * any number of times.
   *
   * @throws {TramontaneError} `engine-failed`, should the engine fail while closing.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Closes the model at the end of an `await using` scope. The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#router.refuseNew();
    try {
      await this.#native.close();
      this.#releaseExit();
    } catch (cause) {
      throw new TramontaneError('engine-failed', 'the engine failed while closing', { cause });
    } finally {
      await this.#router.finish();
    }
  }

  async #ask<Answer>(
    what: string,
    abortSignal: AbortSignal | undefined,
    ask: () => Promise<string>,
    read: (json: string) => Answer,
  ): Promise<Answer> {
    if (this.#closing) throw new TramontaneError('closed', `the model was closed; load it again to ${what}`);
    if (abortSignal?.aborted) {
      const message = `abortSignal was raised before the model was asked to ${what}`;
      throw new TramontaneError('aborted', message, { cause: abortSignal.reason });
    }
    try {
      return read(await ask());
    } catch (cause) {
      if (TramontaneError.isInstance(cause)) throw cause;
      throw new TramontaneError('engine-failed', `the engine did not ${what}`, { cause });
    }
  }

  #stream(prepareRequest: () => PreparedRequest): GenerationStream {
    const { model } = this.info;
    try {
      const request = prepareRequest();
      const originOf = () => ({ model, request: JSON.parse(request.json) as unknown });
      return GenerationStream.of(new Generation(this.#router.source(request, originOf), request));
    } catch (error) {
      return GenerationStream.of(new Generation(new FailedSource(error as TramontaneError)));
    }
  }
}
