/** How far back the rate looks. */
const windowMs = 5_000;
/** A rate over less time would say nothing. */
const leastMs = 500;

/** How fast something arrives, over the last few seconds. */
export class TransferRate {
  readonly #samples: { readonly atMs: number; readonly bytes: number }[] = [];

  /** @returns bytes a second; `undefined` until there is something to go by */
  add(atMs: number, bytes: number): number | undefined {
    this.#samples.push({ atMs, bytes });
    while (this.#samples.length > 2 && atMs - (this.#samples[1]?.atMs ?? atMs) >= windowMs) this.#samples.shift();
    const [first] = this.#samples;
    if (!first || atMs - first.atMs < leastMs) return undefined;
    return ((bytes - first.bytes) / (atMs - first.atMs)) * 1000;
  }
}
