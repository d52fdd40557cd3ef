/** What a loaded model is. */
export interface ModelInfo {
  /** The name or path it was loaded by. */
  readonly model: string;
  /** The kind of its files; `scripted` for a stand-in without weights. */
  readonly format: 'gguf' | 'safetensors' | 'uqff' | 'scripted';
  /** Its architecture, as the file names it: `llama`, `qwen3`. */
  readonly architecture: string;
  /** How many weights it has. */
  readonly parameterCount: number;
  /** The type most of its weights are computed with: `Q4_1`, `Q4K`, `F32`. */
  readonly quantization: string;
  /** The most tokens a prompt and its answer may have together. */
  readonly contextLength: number;
  /** The context length the model was trained for. */
  readonly trainedContextLength: number;
  /** How many tokens its vocabulary has; token ids are below it. */
  readonly vocabularySize: number;
  /** Its chat template, as Jinja source; `null` when it has none and can only continue text. */
  readonly chatTemplate: string | null;
  /** Where it computes: `cpu`, `cuda:0`, `metal`. */
  readonly device: string;
  /** Number type its activations are computed in. */
  readonly dtype: string;
  /** Threads that compute, on the CPU. */
  readonly threads: number;
  /** Memory that loading it added to the process. */
  readonly memoryBytes: number;
}
