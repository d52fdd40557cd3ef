/** A JSON object that somebody else wrote: any field may be missing or of another type. */
export type LooseObject = Readonly<Record<string, unknown>>;

const nothing: LooseObject = {};

/** The JSON object in `text`; `undefined` where there is none. */
export function parseObject(text: string): LooseObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is LooseObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `value` where it is an object, and an empty one otherwise. */
export function objectOf(value: unknown): LooseObject {
  return isObject(value) ? value : nothing;
}

/** The objects in a list; none where it is no list. */
export function objectsOf(value: unknown): readonly LooseObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** `value` where it is a string, and `''` otherwise. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** `value` where it is a whole number that something can be counted with. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** The first field with a text in it that is not empty; `''` where there is none. */
export function firstText(object: LooseObject, fields: readonly string[]): string {
  for (const field of fields) {
    const text = textOf(object[field]);
    if (text !== '') return text;
  }
  return '';
}
