/** Value types of GGUF metadata, by their name here, with their id in the file. */
export const ggufTypeIds = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  array: 9,
  u64: 10,
  i64: 11,
  f64: 12,
} as const;

export type GgufTypeName = keyof typeof ggufTypeIds;

/** A metadata value with its type, as written and as read back. */
export type GgufValue =
  | { readonly type: 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'f32' | 'f64'; readonly value: number }
  | { readonly type: 'u64' | 'i64'; readonly value: bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'array'; readonly of: GgufTypeName; readonly value: readonly unknown[] };

export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** Short forms for the types a model needs. */
export const u32 = (value: number): GgufValue => ({ type: 'u32', value });
export const f32 = (value: number): GgufValue => ({ type: 'f32', value });
export const bool = (value: boolean): GgufValue => ({ type: 'bool', value });
export const string = (value: string): GgufValue => ({ type: 'string', value });
export const array = (of: GgufTypeName, value: readonly unknown[]): GgufValue => ({ type: 'array', of, value });

/** The name of the type with this id. Throws when there is none. */
export function ggufTypeName(id: number): GgufTypeName {
  for (const name of Object.keys(ggufTypeIds) as GgufTypeName[]) if (ggufTypeIds[name] === id) return name;
  throw new Error(`metadata value type ${id} does not exist`);
}
