/** How a text becomes tokens. */
export interface TokenizeOptions {
  /**
   * Whether the tokens are put there with which the model wants a text to begin or end.
   *
   * @defaultValue false
   */
  readonly addSpecialTokens?: boolean | undefined;
}

/** How tokens become text. */
export interface DetokenizeOptions {
  /**
   * Whether special tokens (the end of a text, roles) give no text.
   *
   * @defaultValue false
   */
  readonly skipSpecialTokens?: boolean | undefined;
}
