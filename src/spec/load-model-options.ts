import type { LoadProgress } from './load-progress.ts';
import type { ModelReferenceOptions } from './model-reference-options.ts';

/** How to find and load a model. All fields are optional, and `undefined` counts as left out. */
export interface LoadModelOptions extends ModelReferenceOptions {
  /**
   * Where to compute. `'auto'` takes the best device this build supports; `'cuda'` is the first CUDA device, `'cuda:1'`
   * the second.
   *
   * @defaultValue `'auto'`
   */
  readonly device?: LoadDevice | undefined;
  /**
   * Quantises the weights while loading: a type by name (`'Q4K'`, `'Q8_0'`), or a number of bits for the best type of
   * that width on the device.
   *
   * @defaultValue the weights stay as the file has them
   */
  readonly isq?: string | 2 | 3 | 4 | 5 | 6 | 8 | undefined;
  /**
   * Number type of the computation where weights are not quantised.
   *
   * @defaultValue `'auto'`: `'f32'` on the CPU, and on other devices what suits them
   */
  readonly dtype?: 'auto' | 'f32' | 'f16' | 'bf16' | undefined;
  /**
   * The most tokens a prompt and its answer may have together; a positive integer. Less takes less memory.
   *
   * @defaultValue what the model was trained for
   */
  readonly contextLength?: number | undefined;
  /**
   * Threads that compute on the CPU, from 1 to 1024. All models of a process share them: the first one decides, and
   * another number is refused after it.
   *
   * @defaultValue chosen from the machine's cores
   */
  readonly threads?: number | undefined;
  /**
   * The most streams that may wait to be taken up; one more throws code `queue-full`. A whole number; with 0 a stream is
   * taken up at once or refused.
   *
   * @defaultValue 1024
   */
  readonly maxQueue?: number | undefined;
  /**
   * The most memory, in bytes, for what was computed of prompts and replies that are over or wait for their turn. With it
   * a conversation goes on without computing its beginning again, streams share the engine in slices instead of following
   * one another, and a long prompt is computed in pieces, between which others get their turn and a cancel takes effect.
   * 0 keeps nothing. The tokens are the same either way, to the bit on x86-64; on ARM a token that was almost a tie may
   * now and then be another.
   *
   * @defaultValue an eighth of the machine's memory, at most 1 GiB, on the CPU; 0 on other devices
   */
  readonly prefixCacheBytes?: number | undefined;
  /**
   * Chat template to use in place of the model's own: Jinja source, or the path of a file that holds it.
   *
   * @defaultValue the model's own
   */
  readonly chatTemplate?: string | undefined;
  /**
   * How the model marks what it thinks, so that it becomes reasoning and no part of the text: `'think'` (`<think>` and
   * its like), `'harmony'` (GPT-OSS), `'mistral'` (`[THINK]`), `'none'` for everything as text.
   *
   * @defaultValue `'auto'`: what chat template and vocabulary tell
   */
  readonly reasoningFormat?: ReasoningFormat | undefined;
  /**
   * How the model writes tool calls, by the family whose way it is: `'hermes'` (Qwen too), `'qwen-coder'`, `'llama3'`,
   * `'mistral'`, `'deepseek'` (V3, R1), `'deepseek-v3.1'`, `'gemma'` (3), `'function-gemma'` (Gemma 4 too), `'harmony'`
   * (GPT-OSS); or `'none'` for everything as text.
   *
   * @defaultValue `'auto'`: what chat template and vocabulary tell
   */
  readonly toolCallFormat?: ToolCallFormat | undefined;
  /**
   * Path of a `tokenizer.json` to use in place of the model's own.
   *
   * @defaultValue the model's own
   */
  readonly tokenizer?: string | undefined;
  /**
   * Called with each step of the load, in the async context (`AsyncLocalStorage`) of the `loadModel` call, and not again
   * once the load has succeeded, failed or been aborted. If it throws, the load is cancelled and rejects with what was
   * thrown.
   */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /**
   * Cancels the load: it rejects at once with code `aborted` and the signal's reason as `cause`; what was loaded so far
   * is freed. Aborting after the load has no effect.
   */
  readonly abortSignal?: AbortSignal | undefined;
}

/** How a model marks what it thinks. */
export type ReasoningFormat = 'auto' | 'none' | 'think' | 'harmony' | 'mistral';

/** How a model writes tool calls. */
export type ToolCallFormat =
  | 'auto'
  | 'none'
  | 'hermes'
  | 'qwen-coder'
  | 'llama3'
  | 'mistral'
  | 'deepseek'
  | 'deepseek-v3.1'
  | 'gemma'
  | 'function-gemma'
  | 'harmony';

/** Where to compute. */
export type LoadDevice = 'auto' | 'cpu' | 'cuda' | `cuda:${number}` | 'metal';
