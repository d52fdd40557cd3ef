/**
 * DRY, "don't repeat yourself" (Weidmann 2024, text-generation-webui pull request 5677): a token that would go on
 * repeating an earlier passage of `n` tokens costs `multiplier * base^(n - allowedLength)`, in units of logits.
 */
export interface DryOptions {
  /** What a repetition of `allowedLength` tokens costs the next one, from 0 to 100. 0 is off; 0.8 is common. */
  readonly multiplier: number;
  /**
   * What the cost is multiplied by for every further token of the repetition, from 1 to 100.
   *
   * @defaultValue 1.75
   */
  readonly base?: number | undefined;
  /**
   * The shortest repetition that costs anything, in tokens; at least 1.
   *
   * @defaultValue 2
   */
  readonly allowedLength?: number | undefined;
  /**
   * Texts that repetitions do not reach across, and that are never made less likely themselves. At most 64, of 1 to 256
   * bytes each.
   *
   * @defaultValue `['\n', ':', '"', '*']`
   */
  readonly sequenceBreakers?: readonly string[] | undefined;
  /**
   * How many of the latest tokens are looked at, those of the prompt included; at least 1.
   *
   * @defaultValue all
   */
  readonly rangeTokens?: number | undefined;
}
