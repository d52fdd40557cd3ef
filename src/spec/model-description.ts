import type { ErrorCode } from './error-code.ts';
import type { ModelFile } from './model-file.ts';
import type { ModelReferenceOptions } from './model-reference-options.ts';

/** What to describe. All fields are optional, and `undefined` counts as left out. */
export interface InspectModelOptions extends ModelReferenceOptions {
  /**
   * Tokens of context to estimate memory for; a positive integer.
   *
   * @defaultValue what the model was trained for
   */
  readonly contextLength?: number | undefined;
  /** Rejects with code `aborted` and the signal's reason as `cause`. */
  readonly abortSignal?: AbortSignal | undefined;
}

/** What a model is, as its files tell without its weights. What they do not tell is `null`. */
export interface ModelDescription {
  /** The name that was passed. */
  readonly model: string;
  /** Whether it generates text, or turns texts into vectors. */
  readonly kind: 'text' | 'embedding';
  /** The kind of its files. */
  readonly format: 'gguf' | 'safetensors' | 'uqff';
  /** What `loadModel` can be given in place of the name: a file, or the folder. */
  readonly path: string;
  readonly files: readonly ModelFile[];
  /** Bytes of these files. */
  readonly bytes: number;
  /** What the model calls itself. */
  readonly name: string | null;
  /** Its architecture, as the files name it: `llama`, `Qwen3ForCausalLM`. */
  readonly architecture: string | null;
  /** How many weights it has; 0 for UQFF, which does not tell. */
  readonly parameterCount: number;
  /** The type of most weights: `Q4_K`, `BF16`; or how they are quantised: `gptq`. */
  readonly quantization: string | null;
  /** What there is of each type, most bytes first. */
  readonly tensorTypes: readonly TensorTypeCount[];
  /** The context length the model was trained for. */
  readonly contextLength: number | null;
  /** Numbers that stand for a token between layers. */
  readonly embeddingWidth: number | null;
  readonly layerCount: number | null;
  readonly headCount: number | null;
  readonly keyValueHeadCount: number | null;
  /** Experts of a mixture; 0 for a dense model. */
  readonly expertCount: number;
  readonly vocabularySize: number | null;
  /** The kind of its tokenizer: `bpe`, `sentencepiece`, `unigram`, `wordpiece`. */
  readonly tokenizer: string | null;
  /** Its chat template, as Jinja source. */
  readonly chatTemplate: string | null;
  /** Whether it can be loaded: by `loadModel`, or by `loadEmbeddingModel` where `kind` says so. */
  readonly runnable: boolean;
  /** Why it cannot be loaded. */
  readonly problem: ModelProblem | null;
  /** Memory that it would take on the CPU, not quantised any further. */
  readonly memory: MemoryEstimate | null;
}

/** Tensors of one type, added up. */
export interface TensorTypeCount {
  /** `Q4_K`, `BF16`. */
  readonly type: string;
  readonly tensors: number;
  /** Numbers in them. */
  readonly parameters: number;
  readonly bytes: number;
}

/** What is wrong with a model, with the code that loading it would throw. */
export interface ModelProblem {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What a model would take, give or take what the engine needs while it computes. */
export interface MemoryEstimate {
  /** The tokens of context that are counted on. */
  readonly contextLength: number;
  /** The weights, as they are held for computing. */
  readonly weightBytes: number;
  /** Keys and values of a context that is full. */
  readonly contextBytes: number;
  readonly totalBytes: number;
}
