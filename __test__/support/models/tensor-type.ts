/** The tensor types these fixtures can read; the first four can be written too. */
export type TensorType = 'F32' | 'F16' | 'Q8_0' | 'Q4_0' | 'Q4_1' | 'Q5_0' | 'Q5_1' | 'Q6_K';

/** How a type is stored: `id` in a GGUF file, `elements` per block, `bytes` per block. */
export interface TensorLayout {
  readonly id: number;
  readonly elements: number;
  readonly bytes: number;
}

export const tensorLayouts: Readonly<Record<TensorType, TensorLayout>> = {
  F32: { id: 0, elements: 1, bytes: 4 },
  F16: { id: 1, elements: 1, bytes: 2 },
  Q4_0: { id: 2, elements: 32, bytes: 18 },
  Q4_1: { id: 3, elements: 32, bytes: 20 },
  Q5_0: { id: 6, elements: 32, bytes: 22 },
  Q5_1: { id: 7, elements: 32, bytes: 24 },
  Q8_0: { id: 8, elements: 32, bytes: 34 },
  Q6_K: { id: 14, elements: 256, bytes: 210 },
};

/** The type with this id in a GGUF file. Throws for a type these fixtures do not know. */
export function tensorTypeOf(id: number): TensorType {
  for (const type of Object.keys(tensorLayouts) as TensorType[]) if (tensorLayouts[type].id === id) return type;
  throw new Error(`tensor type ${id} is not one of ${Object.keys(tensorLayouts).join(', ')}`);
}

/** Bytes that `elements` values take. Throws when they do not fill whole blocks. */
export function tensorBytes(type: TensorType, elements: number): number {
  const layout = tensorLayouts[type];
  if (elements % layout.elements !== 0) {
    throw new Error(`${elements} values do not fill whole ${type} blocks of ${layout.elements}`);
  }
  return (elements / layout.elements) * layout.bytes;
}
