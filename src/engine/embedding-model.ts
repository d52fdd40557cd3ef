import { fromNativeResult } from '../native/from-native-result.ts';
import type { NativeEmbeddingModel } from '../native/native-binding.ts';
import { checkTexts } from '../request/check-texts.ts';
import { checkAbortSignal, checkOptions, guardCheck } from '../request/check-value.ts';
import type { EmbeddingModelInfo } from '../spec/embedding-model-info.ts';
import type { EmbeddingResult } from '../spec/embedding-result.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { abortOf } from './abort-of.ts';

/**
 * A loaded model that turns texts into vectors. Make one with {@link loadEmbeddingModel}, share it among all requests of
 * the program, and close it when it is no longer needed. An idle model does not keep the process alive.
 */
export class EmbeddingModel {
  /** What was loaded, and onto which device. */
  readonly info: EmbeddingModelInfo;
  readonly #native: NativeEmbeddingModel;
  readonly #releaseExit: () => void;
  #callsBegun = 0;
  #closing: Promise<void> | undefined;

  private constructor(native: NativeEmbeddingModel, info: EmbeddingModelInfo, releaseExit: () => void) {
    this.info = info;
    this.#native = native;
    this.#releaseExit = releaseExit;
  }

  /** @internal */
  static of(native: NativeEmbeddingModel, info: EmbeddingModelInfo, releaseExit: () => void): EmbeddingModel {
    return new EmbeddingModel(native, info, releaseExit);
  }

  /**
   * Turns texts into vectors of `info.embeddingWidth` numbers. A text's vector is the same whatever other texts are
   * computed with it. Calls that run at once take turns text by text.
   *
   * Cancelling rejects at once; the engine stops after the text at hand.
   *
   * @param texts - At least one, at most 2,048, none empty. Models that were trained with a prompt before texts
   *   (`info.prompts`) want it there.
   * @throws {TramontaneError} `invalid-argument` and `context-overflow` with the text at fault as `field` (`texts[3]`),
   *   before any is computed; `aborted`, `closed`, `engine-failed`.
   * @example
   * const { embeddings } = await model.embed([`${model.info.prompts.query ?? ''}Where do cranes breed?`]);
   */
  async embed(
    texts: readonly string[],
    options?: { readonly abortSignal?: AbortSignal | undefined },
  ): Promise<EmbeddingResult> {
    const checkedTexts = checkTexts(texts);
    const abortSignal = guardCheck('options', () => {
      const checked = checkOptions(options, 'options', ['abortSignal']);
      return checkAbortSignal(checked['abortSignal'], 'abortSignal');
    });
    if (this.#closing) throw new TramontaneError('closed', 'the model was closed; load it again to embed texts');
    if (abortSignal?.aborted) throw aborted(abortSignal);
    const callId = this.#callsBegun;
    // Ids are of 32 bits.
    this.#callsBegun = (this.#callsBegun + 1) % 2 ** 32;
    const abort = abortOf(abortSignal, aborted);
    try {
      return await Promise.race([this.#run(callId, checkedTexts), abort.raised]);
    } catch (error) {
      this.#native.cancel(callId);
      throw error;
    } finally {
      abort.unlisten();
    }
  }

  /**
   * Ends all calls, which reject with code `closed`, and frees the weights, after the text at hand. May be called any
   * number of times.
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

  async #run(callId: number, texts: string[]): Promise<EmbeddingResult> {
    try {
      const { inputTokens } = fromNativeResult<{ inputTokens: number }>(await this.#native.embed(callId, texts));
      // Taken also by a call that was cancelled meanwhile, so that nothing is left behind.
      const numbers = this.#native.take(callId);
      const width = numbers.length / texts.length;
      const embeddings = texts.map((_, index) => Array.from(numbers.subarray(index * width, (index + 1) * width)));
      return { embeddings, inputTokens };
    } catch (cause) {
      if (TramontaneError.isInstance(cause)) throw cause;
      throw new TramontaneError('engine-failed', 'the engine did not embed the texts', { cause });
    }
  }

  async #close(): Promise<void> {
    try {
      await this.#native.close();
      this.#releaseExit();
    } catch (cause) {
      throw new TramontaneError('engine-failed', 'the engine failed while closing', { cause });
    }
  }
}

function aborted(signal: AbortSignal): TramontaneError {
  return new TramontaneError('aborted', 'embedding was aborted by its abortSignal', { cause: signal.reason });
}
