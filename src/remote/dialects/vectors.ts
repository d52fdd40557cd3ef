import { TramontaneError } from '../../spec/tramontane-error.ts';
import { countOf } from './loose-json.ts';
import type { LooseObject } from './loose-json.ts';

/** A list of numbers; throws `remote-failed` for anything else. */
export function vectorOf(value: unknown): number[] {
  if (Array.isArray(value) && value.length > 0 && value.every((number) => typeof number === 'number')) return value;
  throw new TramontaneError('remote-failed', 'the server sent an embedding that is no list of numbers');
}

/** The vectors of `items` in the order of their `index`, where they have one. */
export function placed(items: readonly LooseObject[], vector: (item: LooseObject) => number[]): number[][] {
  const indexed = items.map((item, at) => ({ at: countOf(item['index']) ?? at, item }));
  return indexed.toSorted((one, other) => one.at - other.at).map(({ item }) => vector(item));
}
