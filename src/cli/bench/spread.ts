/** What several rounds gave. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** Each round's figure, in their order. */
  readonly rounds: readonly number[];
}

/** @param rounds - At least one figure. */
export function spreadOf(rounds: readonly number[]): Spread {
  const sorted = rounds.toSorted((a, b) => a - b);
  const [above = NaN, below = above] = [sorted[sorted.length >> 1], sorted[(sorted.length - 1) >> 1]];
  return { median: (above + below) / 2, least: sorted[0] ?? NaN, most: sorted.at(-1) ?? NaN, rounds };
}
