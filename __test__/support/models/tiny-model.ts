import { tokenBytes } from './byte-alphabet.ts';
import { array, bool, f32, string, u32 } from './gguf-value.ts';
import type { GgufMetadata, GgufValue } from './gguf-value.ts';
import { writeGguf } from './gguf-writer.ts';
import { writeLlamaFolder } from './llama-folder.ts';
import type { WritableTensorType } from './quantise-tensor.ts';
import { RandomNumbers } from './random-numbers.ts';
import type { SafetensorsType } from './safetensors-writer.ts';
import { chatMlTemplate, tinyVocabulary } from './tiny-vocabulary.ts';

/** The shape of a tiny model. The defaults make one of 0.1 million parameters, written in a few milliseconds. */
export interface TinyModelOptions {
  /** The weights depend on this and the sizes alone. Default 1. */
  seed?: number;
  /** Width of the model, a multiple of 32 and of `heads`. Default 64; 256 brings in the kernels that want whole rows of 256. */
  hidden?: number;
  /** Default 2. */
  layers?: number;
  /** Default 4. */
  heads?: number;
  /** Divides `heads`. Default 2. */
  kvHeads?: number;
  /** Width of the feed-forward part, a multiple of 32. Default 128. */
  feedForward?: number;
  /** In tokens. Default 512. */
  contextLength?: number;
  /** The only vocabulary there is: 256 bytes, 61 merges, three special tokens. */
  vocabulary?: 'bytes';
  /**
   * Whether a greedy reply is printable ASCII, which compares well. Default true; with false it is any bytes, most of them
   * no valid UTF-8. Either way a greedy reply never ends by itself: the special tokens are not predicted.
   */
  printable?: boolean;
}

/**
 * Writes a llama-architecture GGUF file with random weights. `type` is that of the matrices, F32 by default.
 *
 * The weights are whole multiples of a power of two, 127 at most, so F32, F16 and Q8_0 hold exactly the same numbers, and
 * so does the folder `writeTinySafetensors` writes. F32 and F16, file or folder, give the same greedy tokens. Q8_0 leaves
 * them after a dozen or so, as engines round what they multiply it with; Q4_0 rounds the weights themselves.
 */
export function writeTinyGguf(path: string, options: TinyModelOptions & { type?: WritableTensorType } = {}): void {
  const { metadata, tensors } = tinyModel(options);
  const type = options.type ?? 'F32';
  writeGguf(path, {
    metadata,
    tensors: tensors.map(({ name, shape, values }) => {
      const isNorm = shape.length === 1;
      return { name, shape, values, type: isNorm ? 'F32' : type };
    }),
  });
}

/** Writes the same model as a Hugging Face folder. `type` is that of all weights, F32 by default. */
export function writeTinySafetensors(
  folder: string,
  options: TinyModelOptions & { type?: SafetensorsType } = {},
): void {
  const { metadata, tensors } = tinyModel(options);
  const sources = tensors.map(({ name, shape, values }) => ({ name, shape, values: () => values }));
  writeLlamaFolder(folder, { metadata, tensors: sources }, options.type ?? 'F32');
}

/** A tensor of the model, rows first, in the order of rows that GGUF wants. */
export interface TinyTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What both writers write: GGUF metadata and the tensors under their GGUF names. */
export function tinyModel(options: TinyModelOptions = {}): { metadata: GgufMetadata; tensors: TinyTensor[] } {
  const { seed = 1, hidden = 64, layers = 2, heads = 4, kvHeads = 2, feedForward = 128 } = options;
  const { contextLength = 512, printable = true } = options;
  if (hidden % 32 !== 0 || feedForward % 32 !== 0) throw new Error('hidden and feedForward must be multiples of 32');
  if (hidden % (2 * heads) !== 0) throw new Error('hidden must be an even multiple of heads');
  if (heads % kvHeads !== 0) throw new Error('heads must be a multiple of kvHeads');

  const random = new RandomNumbers(seed);
  const vocabularySize = tinyVocabulary.tokens.length;
  const keyRows = (hidden / heads) * kvHeads;
  const tensors: TinyTensor[] = [];
  const matrix = (name: string, rows: number, columns: number, spread: number) =>
    tensors.push({ name, shape: [rows, columns], values: randomMatrix(random, rows * columns, spread) });
  const norm = (name: string) => tensors.push({ name, shape: [hidden], values: randomNorm(random, hidden) });

  matrix('token_embd.weight', vocabularySize, hidden, 0.5);
  for (let layer = 0; layer < layers; layer++) {
    norm(`blk.${layer}.attn_norm.weight`);
    matrix(`blk.${layer}.attn_q.weight`, hidden, hidden, hidden ** -0.5);
    matrix(`blk.${layer}.attn_k.weight`, keyRows, hidden, hidden ** -0.5);
    matrix(`blk.${layer}.attn_v.weight`, keyRows, hidden, hidden ** -0.5);
    matrix(`blk.${layer}.attn_output.weight`, hidden, hidden, hidden ** -0.5);
    norm(`blk.${layer}.ffn_norm.weight`);
    matrix(`blk.${layer}.ffn_gate.weight`, feedForward, hidden, hidden ** -0.5);
    matrix(`blk.${layer}.ffn_up.weight`, feedForward, hidden, hidden ** -0.5);
    matrix(`blk.${layer}.ffn_down.weight`, hidden, feedForward, feedForward ** -0.5);
  }
  norm('output_norm.weight');
  // Apart from the embedding: a model that tied the two would mostly repeat its last token.
  matrix('output.weight', vocabularySize, hidden, hidden ** -0.5);
  const output = tensors.at(-1)?.values;
  tinyVocabulary.tokens.forEach((token, id) => {
    const said = !tinyVocabulary.special.includes(id) && (!printable || isPrintable(token));
    // A row of zeros scores 0, and of so many other tokens one always scores more.
    if (!said) output?.fill(0, id * hidden, (id + 1) * hidden);
  });

  const metadata = new Map<string, GgufValue>([
    ['general.architecture', string('llama')],
    ['general.name', string(`Tiny ${hidden}x${layers}`)],
    ['llama.block_count', u32(layers)],
    ['llama.context_length', u32(contextLength)],
    ['llama.embedding_length', u32(hidden)],
    ['llama.feed_forward_length', u32(feedForward)],
    ['llama.attention.head_count', u32(heads)],
    ['llama.attention.head_count_kv', u32(kvHeads)],
    ['llama.attention.layer_norm_rms_epsilon', f32(1e-5)],
    ['llama.rope.dimension_count', u32(hidden / heads)],
    ['llama.rope.freq_base', f32(10000)],
    ['llama.vocab_size', u32(vocabularySize)],
    ['tokenizer.ggml.model', string('gpt2')],
    ['tokenizer.ggml.pre', string('gpt-2')],
    ['tokenizer.ggml.tokens', array('string', tinyVocabulary.tokens)],
    ['tokenizer.ggml.token_type', array('i32', tokenTypes())],
    ['tokenizer.ggml.merges', array('string', tinyVocabulary.merges)],
    ['tokenizer.ggml.bos_token_id', u32(tinyVocabulary.bosId)],
    ['tokenizer.ggml.eos_token_id', u32(tinyVocabulary.eosId)],
    ['tokenizer.ggml.add_bos_token', bool(false)],
    ['tokenizer.chat_template', string(chatMlTemplate)],
  ]);
  return { metadata, tensors };
}

/** Random numbers of about the given standard deviation, in the form `writeTinyGguf` promises. */
function randomMatrix(random: RandomNumbers, length: number, spread: number): Float32Array {
  const evenSpread = 254 / Math.sqrt(12);
  const step = 2 ** Math.round(Math.log2(spread / evenSpread));
  return Float32Array.from({ length }, (_, i) => {
    const level = random.below(255) - 127;
    // Each block of 32 holds a largest level, so that the step found again from it is this one.
    return (i % 32 === 0 ? (level < 0 ? -127 : 127) : level) * step;
  });
}

/** Norm weights between 0.75 and 1.25, in steps that a half can hold. */
function randomNorm(random: RandomNumbers, length: number): Float32Array {
  return Float32Array.from({ length }, () => 1 + (random.below(129) - 64) / 256);
}

function tokenTypes(): number[] {
  return tinyVocabulary.tokens.map((_, id) => (tinyVocabulary.special.includes(id) ? 3 : 1));
}

function isPrintable(token: string): boolean {
  const bytes = tokenBytes(token);
  return bytes !== null && bytes.every((byte) => byte === 0x0a || (byte >= 0x20 && byte < 0x7f));
}
