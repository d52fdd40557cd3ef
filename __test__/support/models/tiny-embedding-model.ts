import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { byteLevelTokenizerJson } from './byte-level-tokenizer.ts';
import { RandomNumbers } from './random-numbers.ts';
import { writeSafetensors } from './safetensors-writer.ts';
import { tinyVocabulary } from './tiny-vocabulary.ts';

/** The shape of a tiny embedding model. */
export interface TinyEmbeddingOptions {
  /** The weights depend on this and the sizes alone. Default 1. */
  readonly seed?: number;
  /** Default `qwen3`. */
  readonly architecture?: 'qwen3' | 'gemma3';
  /** Default 2. */
  readonly layers?: number;
  /** Default `lasttoken`. */
  readonly pooling?: 'lasttoken' | 'mean_tokens';
  /** Widths of matrices after pooling. Default none. */
  readonly dense?: readonly number[];
  /** Whether vectors are brought to length 1. Default true. */
  readonly normalise?: boolean;
  /** In tokens. Default 512. */
  readonly contextLength?: number;
  /** Whether the tokenizer ends each text with a token of its own. Default true. */
  readonly endsTexts?: boolean;
}

/** All that a reference needs to compute the same. */
export interface TinyEmbeddingModel {
  readonly options: Required<TinyEmbeddingOptions>;
  readonly sizes: typeof sizes;
  readonly tensors: ReadonlyMap<string, TinyWeights>;
  readonly denseTensors: readonly TinyWeights[];
}

/** Rows first. */
export interface TinyWeights {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const sizes = {
  hidden: 64,
  heads: 4,
  keyValueHeads: 2,
  headWidth: 32,
  feedForward: 128,
  theta: 10_000,
  epsilon: 1e-6,
  /** Of Gemma alone: what layers without a window turn by, and the window, which means both sides together. */
  farTheta: 500_000,
  window: 8,
};

/** Writes an embedding model with random weights in F32 as the folder that Hugging Face would hold, and returns it. */
export function writeTinyEmbeddingModel(folder: string, chosen: TinyEmbeddingOptions = {}): TinyEmbeddingModel {
  const options = {
    seed: 1,
    architecture: 'qwen3',
    layers: 2,
    pooling: 'lasttoken',
    dense: [],
    normalise: true,
    contextLength: 512,
    endsTexts: true,
    ...chosen,
  } as const;
  const random = new RandomNumbers(options.seed);
  const tensors = tensorsOf(options, random);
  mkdirSync(folder, { recursive: true });
  const json = (name: string, content: unknown) => writeFileSync(join(folder, name), JSON.stringify(content));
  const save = (name: string, weights: ReadonlyMap<string, TinyWeights>) =>
    writeSafetensors(
      join(folder, name),
      Array.from(weights, ([of, { shape, values }]) => ({ name: of, shape, values: () => values })),
      'F32',
    );
  json('config.json', configOf(options));
  json('tokenizer.json', tokenizerOf(options.endsTexts));
  save('model.safetensors', tensors);

  const modules = ['Transformer', 'Pooling', ...options.dense.map(() => 'Dense'), ...(options.normalise ? ['Normalize'] : [])];
  const folderOf = (type: string, index: number) => (index === 0 ? '' : `${index}_${type}`);
  json('modules.json', modules.map((type, index) => ({
    idx: index,
    name: String(index),
    path: folderOf(type, index),
    type: `sentence_transformers.models.${type}`,
  })));
  json('config_sentence_transformers.json', { prompts: { query: 'Find: ', document: '' }, default_prompt_name: null });
  mkdirSync(join(folder, '1_Pooling'), { recursive: true });
  json('1_Pooling/config.json', { word_embedding_dimension: sizes.hidden, [`pooling_mode_${options.pooling}`]: true });
  const denseTensors = options.dense.map((width, index) => {
    const before = options.dense[index - 1] ?? sizes.hidden;
    const within = folderOf('Dense', index + 2);
    const weights = matrix(random, width, before);
    mkdirSync(join(folder, within), { recursive: true });
    json(`${within}/config.json`, {
      in_features: before,
      out_features: width,
      bias: false,
      activation_function: 'torch.nn.modules.linear.Identity',
    });
    save(`${within}/model.safetensors`, new Map([['linear.weight', weights]]));
    return weights;
  });
  return { options, sizes, tensors, denseTensors };
}

function tensorsOf({ layers, architecture }: Required<TinyEmbeddingOptions>, random: RandomNumbers): Map<string, TinyWeights> {
  const { hidden, heads, keyValueHeads, headWidth, feedForward } = sizes;
  const tensors = new Map<string, TinyWeights>();
  const norm = (name: string, width: number) => tensors.set(`${name}.weight`, normOf(random, width, architecture));
  tensors.set('embed_tokens.weight', matrix(random, tinyVocabulary.tokens.length, hidden));
  for (let layer = 0; layer < layers; layer++) {
    const at = (part: string) => `layers.${layer}.${part}`;
    norm(at('input_layernorm'), hidden);
    tensors.set(at('self_attn.q_proj.weight'), matrix(random, heads * headWidth, hidden));
    tensors.set(at('self_attn.k_proj.weight'), matrix(random, keyValueHeads * headWidth, hidden));
    tensors.set(at('self_attn.v_proj.weight'), matrix(random, keyValueHeads * headWidth, hidden));
    tensors.set(at('self_attn.o_proj.weight'), matrix(random, hidden, heads * headWidth));
    norm(at('self_attn.q_norm'), headWidth);
    norm(at('self_attn.k_norm'), headWidth);
    norm(at('post_attention_layernorm'), hidden);
    if (architecture === 'gemma3') {
      norm(at('pre_feedforward_layernorm'), hidden);
      norm(at('post_feedforward_layernorm'), hidden);
    }
    tensors.set(at('mlp.gate_proj.weight'), matrix(random, feedForward, hidden));
    tensors.set(at('mlp.up_proj.weight'), matrix(random, feedForward, hidden));
    tensors.set(at('mlp.down_proj.weight'), matrix(random, hidden, feedForward));
  }
  norm('norm', hidden);
  return tensors;
}

/** Random numbers of a spread that keeps what is multiplied with them about as large as it was. */
function matrix(random: RandomNumbers, rows: number, columns: number): TinyWeights {
  const spread = Math.sqrt(3 / columns);
  const values = Float32Array.from({ length: rows * columns }, () => (random.below(2001) / 1000 - 1) * spread);
  return { shape: [rows, columns], values };
}

/** Gemma adds 1 to what the file has. */
function normOf(random: RandomNumbers, width: number, architecture: string): TinyWeights {
  const middle = architecture === 'gemma3' ? 0 : 1;
  return { shape: [width], values: Float32Array.from({ length: width }, () => middle + (random.below(101) - 50) / 200) };
}

function configOf({ architecture, layers, contextLength }: Required<TinyEmbeddingOptions>): object {
  const common = {
    hidden_size: sizes.hidden,
    intermediate_size: sizes.feedForward,
    num_hidden_layers: layers,
    num_attention_heads: sizes.heads,
    num_key_value_heads: sizes.keyValueHeads,
    head_dim: sizes.headWidth,
    vocab_size: tinyVocabulary.tokens.length,
    max_position_embeddings: contextLength,
    rms_norm_eps: sizes.epsilon,
    rope_theta: architecture === 'gemma3' ? sizes.farTheta : sizes.theta,
    torch_dtype: 'float32',
  };
  if (architecture === 'qwen3') {
    return { architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3', hidden_act: 'silu', tie_word_embeddings: true, ...common };
  }
  return {
    architectures: ['Gemma3TextModel'],
    model_type: 'gemma3_text',
    hidden_activation: 'gelu_pytorch_tanh',
    attention_bias: false,
    attn_logit_softcapping: null,
    final_logit_softcapping: null,
    query_pre_attn_scalar: sizes.headWidth,
    rope_local_base_freq: sizes.theta,
    sliding_window: sizes.window,
    use_bidirectional_attention: true,
    layer_types: Array.from({ length: layers }, (_, layer) => (layer % 2 === 0 ? 'sliding_attention' : 'full_attention')),
    ...common,
  };
}

function tokenizerOf(endsTexts: boolean): object {
  const { tokens, merges, special, bosId } = tinyVocabulary;
  const tokenizer = byteLevelTokenizerJson({ tokens, merges, special, splitDigits: false });
  if (!endsTexts) return tokenizer;
  const end = tokens[bosId] ?? '';
  const sequence = (id: string) => ({ Sequence: { id, type_id: 0 } });
  const ended = { SpecialToken: { id: end, type_id: 0 } };
  return {
    ...tokenizer,
    // What a tokenizer's file says of lengths is for training.
    truncation: { direction: 'Right', max_length: 8, strategy: 'LongestFirst', stride: 0 },
    post_processor: {
      type: 'TemplateProcessing',
      single: [sequence('A'), ended],
      pair: [sequence('A'), sequence('B'), ended],
      special_tokens: { [end]: { id: end, ids: [bosId], tokens: [end] } },
    },
  };
}
