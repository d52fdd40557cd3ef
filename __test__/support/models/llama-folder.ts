import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { byteLevelTokenizerJson } from './byte-level-tokenizer.ts';
import type { GgufMetadata } from './gguf-value.ts';
import { safetensorsBytes, writeSafetensors } from './safetensors-writer.ts';
import type { SafetensorsSource, SafetensorsType } from './safetensors-writer.ts';

/** A llama-architecture model as GGUF describes it: its metadata, and its tensors under their GGUF names. */
export interface LlamaSource {
  readonly metadata: GgufMetadata;
  readonly tensors: readonly SafetensorsSource[];
}

/**
 * Writes a model as the folder Hugging Face would hold: config.json, generation_config.json, tokenizer.json,
 * tokenizer_config.json and model.safetensors, the weights last.
 */
export function writeLlamaFolder(folder: string, source: LlamaSource, type: SafetensorsType): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(describe(source, type))) {
    writeFileSync(join(folder, name), JSON.stringify(content, null, name === 'tokenizer.json' ? 0 : 2));
  }
  writeSafetensors(join(folder, weightsFile), huggingFaceTensors(source), type);
}

/** Whether `writeLlamaFolder` has finished this folder: it writes the weights last, under their name only when whole. */
export function isLlamaFolderWhole(folder: string, source: LlamaSource, type: SafetensorsType): boolean {
  const weights = statSync(join(folder, weightsFile), { throwIfNoEntry: false });
  return weights?.size === safetensorsBytes(huggingFaceTensors(source), type);
}

const weightsFile = 'model.safetensors';

function huggingFaceTensors({ metadata, tensors }: LlamaSource): SafetensorsSource[] {
  const number = numberReader(metadata);
  const heads = { attn_q: number('llama.attention.head_count'), attn_k: number('llama.attention.head_count_kv') };
  return tensors.map((tensor) => toHuggingFace(tensor, heads));
}

const layerParts: Readonly<Record<string, string>> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};

const outerParts: Readonly<Record<string, string>> = {
  'token_embd.weight': 'model.embed_tokens.weight',
  'output_norm.weight': 'model.norm.weight',
  'output.weight': 'lm_head.weight',
};

function toHuggingFace(tensor: SafetensorsSource, heads: Readonly<Record<string, number>>): SafetensorsSource {
  const outer = outerParts[tensor.name];
  if (outer !== undefined) return { ...tensor, name: outer };
  const [, layer, part] = /^blk\.(\d+)\.(\w+)\.weight$/.exec(tensor.name) ?? [];
  if (part === undefined || !(part in layerParts)) throw new Error(`${tensor.name} is not a tensor of a llama model`);
  const name = `model.layers.${layer}.${layerParts[part]}.weight`;
  const headsOfPart = heads[part];
  if (headsOfPart === undefined) return { ...tensor, name };
  return { ...tensor, name, values: () => separateRotaryHalves(tensor.values(), tensor.shape, headsOfPart) };
}

/**
 * Rotary positions turn pairs of numbers. GGUF keeps the two rows of a pair next to each other (0, half, 1, half + 1,
 * ...); Hugging Face keeps the first halves of all pairs of a head together, then the second halves.
 */
export function separateRotaryHalves(
  values: Float32Array,
  shape: readonly number[],
  heads: number,
): Float32Array<ArrayBuffer> {
  const [rows = 0, columns = 0] = shape;
  const perHead = rows / heads;
  const half = perHead / 2;
  const separated = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const within = row % perHead;
    const target = row - within + (within % 2) * half + Math.floor(within / 2);
    separated.set(values.subarray(row * columns, (row + 1) * columns), target * columns);
  }
  return separated;
}

function describe({ metadata, tensors }: LlamaSource, type: SafetensorsType): Record<string, object> {
  const number = numberReader(metadata);
  const tokens = metadata.get('tokenizer.ggml.tokens')?.value as string[];
  const tokenTypes = metadata.get('tokenizer.ggml.token_type')?.value as number[];
  const ids = {
    bos_token_id: number('tokenizer.ggml.bos_token_id'),
    eos_token_id: number('tokenizer.ggml.eos_token_id'),
  };
  return {
    'config.json': {
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      hidden_act: 'silu',
      hidden_size: number('llama.embedding_length'),
      intermediate_size: number('llama.feed_forward_length'),
      num_hidden_layers: number('llama.block_count'),
      num_attention_heads: number('llama.attention.head_count'),
      num_key_value_heads: number('llama.attention.head_count_kv'),
      vocab_size: tokens.length,
      max_position_embeddings: number('llama.context_length'),
      // Stored in single precision; seven digits give back the number that was meant.
      rms_norm_eps: Number(number('llama.attention.layer_norm_rms_epsilon').toPrecision(7)),
      rope_theta: number('llama.rope.freq_base'),
      attention_bias: false,
      mlp_bias: false,
      tie_word_embeddings: !tensors.some((tensor) => tensor.name === 'output.weight'),
      torch_dtype: type === 'F16' ? 'float16' : 'float32',
      ...ids,
    },
    'generation_config.json': ids,
    'tokenizer.json': byteLevelTokenizerJson({
      tokens,
      merges: metadata.get('tokenizer.ggml.merges')?.value as string[],
      special: tokens.flatMap((_, id) => (tokenTypes[id] === 3 ? [id] : [])),
      splitDigits: metadata.get('tokenizer.ggml.pre')?.value === 'smollm',
    }),
    'tokenizer_config.json': {
      tokenizer_class: 'GPT2Tokenizer',
      add_bos_token: false,
      add_prefix_space: false,
      clean_up_tokenization_spaces: false,
      model_max_length: number('llama.context_length'),
      bos_token: tokens[ids.bos_token_id],
      eos_token: tokens[ids.eos_token_id],
      chat_template: metadata.get('tokenizer.chat_template')?.value,
    },
  };
}

function numberReader(metadata: GgufMetadata): (key: string) => number {
  return (key) => {
    const value = metadata.get(key)?.value;
    if (typeof value !== 'number') throw new Error(`the metadata has no number ${key}`);
    return value;
  };
}
