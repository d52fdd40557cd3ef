/** A token, and how likely the model held it to be in its place. */
export interface TokenLogProbability {
  /** The token's id in the model's vocabulary; -1 where a remote engine does not tell it. */
  readonly tokenId: number;
  /** The token alone, decoded; U+FFFD in place of characters that it has only a part of. */
  readonly text: string;
  /**
   * The natural logarithm of its probability under the model's own distribution, before temperature, penalties, biases
   * and grammars: at most 0; at least -9999, which stands for everything below.
   */
  readonly logProbability: number;
}

/** A token that was chosen, and those that the model held to be the likeliest in its place. */
export interface TokenLogProbabilities extends TokenLogProbability {
  /** As many as `logprobs` asks for, the likeliest first; the chosen token is among them where it belongs there. */
  readonly alternatives: readonly TokenLogProbability[];
}
