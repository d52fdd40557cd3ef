import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../../build/cache-dir.mjs';
import { getModel } from '../../build/get-model.mjs';
import { u32 } from '../../__test__/support/models/gguf-value.ts';
import { readGguf, tensorValues } from '../../__test__/support/models/gguf-reader.ts';
import { writeGguf } from '../../__test__/support/models/gguf-writer.ts';
import { writeLlamaFolderOf } from '../../__test__/support/models/llama-folder-of-gguf.ts';
import { randomBlocks } from './random-blocks.mjs';

/**
 * @typedef {object} BenchModel
 * @property {string} title
 * @property {() => Promise<string>} file Makes it where it is not in the cache yet, and gives the path of the file or folder.
 * @property {readonly string[]} [isq] What tramontane quantises the weights to as it loads them: each is a column of the
 *   table, and there are no other contenders.
 */

const randomFile = () => made('random-350m-q8_0.gguf', async (path) => writeRandom(await getModel(), path));

/**
 * The models to measure with, by name.
 * @type {Readonly<Record<string, BenchModel>>}
 */
export const MODELS = {
  'smollm2-q4_1': { title: 'SmolLM2-135M, Q4_1', file: () => getModel() },
  'smollm2-q8_0': {
    title: 'SmolLM2-135M, Q8_0',
    file: () => made('smollm2-135m-q8_0.gguf', async (path) => requantise(await getModel(), path)),
  },
  'random-350m-q8_0': {
    title: '350M parameters, random, Q8_0',
    file: randomFile,
  },
  'random-350m-isq': {
    title: '350M parameters, random, quantised while loading',
    file: async () => {
      const folder = join(cacheDir(), 'models', 'random-350m-f16');
      writeLlamaFolderOf(await randomFile(), folder);
      return folder;
    },
    isq: ['q8_0', 'q4k'],
  },
};

/** @param {string} name @param {(path: string) => Promise<void>} make */
async function made(name, make) {
  const folder = join(cacheDir(), 'models');
  const path = join(folder, name);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  await make(`${path}.part`);
  renameSync(`${path}.part`, path);
  return path;
}

/**
 * The same weights in Q8_0; norms stay as they are.
 * @param {string} source @param {string} path
 */
async function requantise(source, path) {
  const { metadata, tensors } = readGguf(source);
  const all = [...tensors.values()].map((tensor) => ({
    name: tensor.name,
    shape: tensor.shape,
    type: tensor.type === 'F32' ? /** @type {const} */ ('F32') : /** @type {const} */ ('Q8_0'),
    values: tensorValues(tensor),
  }));
  writeGguf(path, { metadata, tensors: all });
}

/**
 * A llama of about 350 million random weights, with the tokenizer and the template of `source`.
 * @param {string} source @param {string} path
 */
async function writeRandom(source, path) {
  const [hidden, layers, heads, keyValueHeads, feedForward] = [1024, 24, 16, 8, 3072];
  const head = hidden / heads;
  const { metadata: original } = readGguf(source);
  const metadata = new Map([
    ...original,
    ['llama.block_count', u32(layers)],
    ['llama.embedding_length', u32(hidden)],
    ['llama.feed_forward_length', u32(feedForward)],
    ['llama.attention.head_count', u32(heads)],
    ['llama.attention.head_count_kv', u32(keyValueHeads)],
    ['llama.rope.dimension_count', u32(head)],
  ]);
  const tokens = /** @type {{ value: unknown[] }} */ (original.get('tokenizer.ggml.tokens'));
  /** @type {import('../../__test__/support/models/gguf-writer.ts').GgufTensorSource[]} */
  const tensors = [];
  const matrix = (/** @type {string} */ name, /** @type {number} */ rows, /** @type {number} */ columns) =>
    tensors.push({ name, shape: [rows, columns], type: 'Q8_0', bytes: randomBlocks(rows * columns, tensors.length + 1) });
  const norm = (/** @type {string} */ name) =>
    tensors.push({ name, shape: [hidden], type: 'F32', values: new Float32Array(hidden).fill(1) });
  matrix('token_embd.weight', tokens.value.length, hidden);
  norm('output_norm.weight');
  for (let layer = 0; layer < layers; layer += 1) {
    const block = `blk.${layer}`;
    norm(`${block}.attn_norm.weight`);
    norm(`${block}.ffn_norm.weight`);
    matrix(`${block}.attn_q.weight`, hidden, hidden);
    matrix(`${block}.attn_k.weight`, keyValueHeads * head, hidden);
    matrix(`${block}.attn_v.weight`, keyValueHeads * head, hidden);
    matrix(`${block}.attn_output.weight`, hidden, hidden);
    matrix(`${block}.ffn_gate.weight`, feedForward, hidden);
    matrix(`${block}.ffn_up.weight`, feedForward, hidden);
    matrix(`${block}.ffn_down.weight`, hidden, feedForward);
  }
  writeGguf(path, { metadata, tensors });
}
