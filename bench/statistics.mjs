/**
 * @param {readonly number[]} values At least one.
 * @returns {{ median: number, least: number, most: number }}
 */
export function spreadOf(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const [middle = NaN, before = middle] = [sorted[sorted.length >> 1], sorted[(sorted.length - 1) >> 1]];
  return { median: (middle + before) / 2, least: sorted[0] ?? NaN, most: sorted.at(-1) ?? NaN };
}

/**
 * @param {readonly number[] | undefined} values
 * @returns {number} NaN where there are none.
 */
export function medianOf(values) {
  return values && values.length > 0 ? spreadOf(values).median : NaN;
}
