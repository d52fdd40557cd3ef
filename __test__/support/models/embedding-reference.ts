import type { TinyEmbeddingModel, TinyWeights } from './tiny-embedding-model.ts';

/**
 * The vector that an embedding model makes of a text with these tokens, computed as plainly as it can be written, in 64
 * bits: RMS norms, rotary positions over the two halves of a head, attention with shared keys, a gated feed-forward, then
 * pooling, matrices and normalising.
 */
export function referenceEmbedding(model: TinyEmbeddingModel, tokens: readonly number[]): number[] {
  const { options, sizes, denseTensors } = model;
  const weights = weightsOf(model);
  const isGemma = options.architecture === 'gemma3';
  const scale = isGemma ? Math.sqrt(sizes.hidden) : 1;
  let rows = tokens.map((token) => rowOf(weights('embed_tokens'), token).map((number) => number * scale));
  for (let layer = 0; layer < options.layers; layer++) {
    const norm = (part: string) => (row: readonly number[]) =>
      rmsNorm(row, weights(`layers.${layer}.${part}`), sizes.epsilon, isGemma ? 1 : 0);
    const attended = attention(model, layer, rows.map(norm('input_layernorm')), norm);
    // Gemma norms what a part gives, too.
    if (isGemma) {
      rows = rows.map((row, position) => sum(row, norm('post_attention_layernorm')(attended[position] ?? [])));
      rows = rows.map((row) => {
        const inner = norm('pre_feedforward_layernorm')(row);
        return sum(row, norm('post_feedforward_layernorm')(feedForward(model, layer, inner, gelu)));
      });
    } else {
      rows = rows.map((row, position) => sum(row, attended[position] ?? []));
      rows = rows.map((row) => sum(row, feedForward(model, layer, norm('post_attention_layernorm')(row), silu)));
    }
  }
  rows = rows.map((row) => rmsNorm(row, weights('norm'), sizes.epsilon, isGemma ? 1 : 0));
  const pooled = options.pooling === 'lasttoken' ? (rows.at(-1) ?? []) : mixed(rows.map(() => 1 / rows.length), rows);
  const vector = denseTensors.reduce((of, dense) => product(dense, of), pooled);
  const length = Math.sqrt(dot(vector, vector));
  return options.normalise ? vector.map((number) => number / length) : vector;
}

function weightsOf({ tensors }: TinyEmbeddingModel): (name: string) => TinyWeights {
  return (name) => {
    const found = tensors.get(`${name}.weight`);
    if (!found) throw new Error(`the model has no ${name}`);
    return found;
  };
}

type Norm = (part: string) => (row: readonly number[]) => number[];

function attention(model: TinyEmbeddingModel, layer: number, rows: readonly number[][], norm: Norm): number[][] {
  const { options, sizes } = model;
  const weights = (part: string) => weightsOf(model)(`layers.${layer}.self_attn.${part}`);
  const isGemma = options.architecture === 'gemma3';
  const hasWindow = isGemma && layer % 2 === 0;
  const theta = isGemma && !hasWindow ? sizes.farTheta : sizes.theta;
  const headsOf = (part: string, count: number) => rows.map((row) => cut(product(weights(part), row), count));
  const turned = (heads: number[][][], part: string) =>
    heads.map((of, position) => of.map((head) => rotated(norm(`self_attn.${part}`)(head), position, theta)));
  const queries = turned(headsOf('q_proj', sizes.heads), 'q_norm');
  const keys = turned(headsOf('k_proj', sizes.keyValueHeads), 'k_norm');
  const values = headsOf('v_proj', sizes.keyValueHeads);
  return rows.map((_, position) => {
    const isSeen = (other: number) => {
      if (!isGemma) return other <= position;
      return !hasWindow || Math.abs(position - other) <= sizes.window / 2;
    };
    const seen = rows.flatMap((_row, other) => (isSeen(other) ? [other] : []));
    const attended = (queries[position] ?? []).flatMap((query, head) => {
      const shared = Math.floor(head / (sizes.heads / sizes.keyValueHeads));
      const shares = softmax(seen.map((other) => dot(query, keys[other]?.[shared] ?? []) / Math.sqrt(sizes.headWidth)));
      return mixed(shares, seen.map((other) => values[other]?.[shared] ?? []));
    });
    return product(weights('o_proj'), attended);
  });
}

function feedForward(
  model: TinyEmbeddingModel,
  layer: number,
  row: readonly number[],
  activation: (number: number) => number,
): number[] {
  const weights = (part: string) => weightsOf(model)(`layers.${layer}.mlp.${part}`);
  const up = product(weights('up_proj'), row);
  return product(weights('down_proj'), product(weights('gate_proj'), row).map((gate, i) => activation(gate) * (up[i] ?? 0)));
}

function silu(number: number): number {
  return number / (1 + Math.exp(-number));
}

/** By the hyperbolic tangent. */
function gelu(number: number): number {
  return (number / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (number + 0.044715 * number ** 3)));
}

function rowOf({ shape: [, columns = 0], values }: TinyWeights, row: number): number[] {
  return Array.from(values.subarray(row * columns, (row + 1) * columns));
}

function product(matrix: TinyWeights, vector: readonly number[]): number[] {
  return Array.from({ length: matrix.shape[0] ?? 0 }, (_, row) => dot(rowOf(matrix, row), vector));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((total, number, index) => total + number * (b[index] ?? 0), 0);
}

function sum(a: readonly number[], b: readonly number[]): number[] {
  return a.map((number, index) => number + (b[index] ?? 0));
}

function mixed(shares: readonly number[], rows: readonly (readonly number[])[]): number[] {
  return (rows[0] ?? []).map((_, column) => dot(shares, rows.map((row) => row[column] ?? 0)));
}

function rmsNorm(row: readonly number[], { values }: TinyWeights, epsilon: number, offset: number): number[] {
  const scale = 1 / Math.sqrt(dot(row, row) / row.length + epsilon);
  return row.map((number, index) => number * scale * (offset + (values[index] ?? 0)));
}

function softmax(scores: readonly number[]): number[] {
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest));
  const total = powers.reduce((all, power) => all + power, 0);
  return powers.map((power) => power / total);
}

/** Turns number i and the one half a head further by an angle that falls with i. */
function rotated(head: readonly number[], position: number, theta: number): number[] {
  const half = head.length / 2;
  return head.map((number, index) => {
    const angle = position * theta ** (-(index % half) / half);
    const other = head[(index + half) % head.length] ?? 0;
    return number * Math.cos(angle) + (index < half ? -other : other) * Math.sin(angle);
  });
}

function cut(row: readonly number[], pieces: number): number[][] {
  const width = row.length / pieces;
  return Array.from({ length: pieces }, (_, piece) => row.slice(piece * width, (piece + 1) * width));
}
