/** What texts are embedded to. */
export interface EmbeddingResult {
  /** A vector for each text, in their order. */
  readonly embeddings: readonly (readonly number[])[];
  /** Tokens of all texts; 0 where the server does not tell. */
  readonly inputTokens: number;
}
