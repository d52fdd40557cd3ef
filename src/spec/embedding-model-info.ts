/** What a loaded embedding model is. */
export interface EmbeddingModelInfo {
  /** The name or path it was loaded by. */
  readonly model: string;
  /** The kind of its files. */
  readonly format: 'safetensors';
  /** Its architecture, as its files name it: `Qwen3ForCausalLM`, `Gemma3TextModel`. */
  readonly architecture: string;
  /** How many weights it has. */
  readonly parameterCount: number;
  /** The type most of its weights are computed with: `F32`, `Q8_0`. */
  readonly quantization: string;
  /** The most tokens a text may have, with those that the tokenizer puts around it. */
  readonly contextLength: number;
  /** The context length the model was trained for. */
  readonly trainedContextLength: number;
  /** How many tokens its vocabulary has. */
  readonly vocabularySize: number;
  /** How many numbers a vector has. */
  readonly embeddingWidth: number;
  /** How the vectors of a text's tokens become one. */
  readonly pooling: 'last-token' | 'mean';
  /** Whether vectors have length 1, so that their product is their cosine. */
  readonly normalised: boolean;
  /** What the model was trained to see before texts, by what they are for: `{ query: 'Instruct: ...' }`. Put it there. */
  readonly prompts: Readonly<Record<string, string>>;
  /** Where it computes: `cpu`, `cuda:0`, `metal`. */
  readonly device: string;
  /** Number type its activations are computed in. */
  readonly dtype: string;
  /** Threads that compute, on the CPU. */
  readonly threads: number;
  /** Memory that loading it added to the process. */
  readonly memoryBytes: number;
}
