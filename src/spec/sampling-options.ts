import type { DryOptions } from './dry-options.ts';

/**
 * How each token is chosen. All fields are optional, and `undefined` counts as left out.
 *
 * They are applied in this order: `forcedTokens`; the grammar; `bannedTokens` and `logitBias`; the repetition, frequency
 * and presence penalties; `dry`; `temperature`; `topK`; `topP`; `minP`; and one draw among what is left.
 */
export interface SamplingOptions {
  /**
   * How freely to choose among likely tokens, from 0 to 100. 0 always takes the likeliest (greedy), higher values are
   * more varied.
   *
   * @defaultValue 0.7
   */
  readonly temperature?: number | undefined;
  /**
   * Choose among this many of the likeliest tokens only; 0 sets no such limit.
   *
   * @defaultValue 0
   */
  readonly topK?: number | undefined;
  /**
   * Choose among the likeliest tokens that together have this probability, from 1e-9 to 1; 1 sets no such limit.
   *
   * @defaultValue 1
   */
  readonly topP?: number | undefined;
  /**
   * Choose among tokens that are at least this times as probable as the likeliest one, from 0 to 1; 0 sets no such limit.
   *
   * @defaultValue 0
   */
  readonly minP?: number | undefined;
  /**
   * Makes tokens less likely that the prompt or the answer so far has: their logits are divided by it where they are
   * positive, and multiplied by it where they are negative. From 1e-9 to 100; 1 does nothing, below 1 repeats more. As in
   * Hugging Face's transformers, everything so far counts (Keskar et al. 2019, "CTRL").
   *
   * @defaultValue 1
   */
  readonly repetitionPenalty?: number | undefined;
  /**
   * Taken off a token's logit once for every time that the answer so far has it, from -2 to 2; below 0 repeats more. As
   * in OpenAI's API, the prompt does not count.
   *
   * @defaultValue 0
   */
  readonly frequencyPenalty?: number | undefined;
  /**
   * Taken off a token's logit once if the answer so far has it, from -2 to 2; below 0 repeats more. As in OpenAI's API,
   * the prompt does not count.
   *
   * @defaultValue 0
   */
  readonly presencePenalty?: number | undefined;
  /**
   * Against an answer that says whole passages again: DRY, "don't repeat yourself".
   *
   * @defaultValue off
   */
  readonly dry?: DryOptions | undefined;
  /**
   * Added to the logits of single tokens: numbers from -100 to 100 by token id, at most 10,000.
   *
   * @defaultValue none
   * @example { logitBias: { 198: -5 } }
   */
  readonly logitBias?: Readonly<Record<number, number>> | undefined;
  /**
   * Ids of tokens that are never chosen, at most 10,000. Without the tokens that end an answer, only `maxOutputTokens` or
   * the context ends it.
   *
   * @defaultValue none
   */
  readonly bannedTokens?: readonly number[] | undefined;
  /**
   * Ids of tokens that the answer begins with, one after another, whatever the model would choose; at most 10,000. They
   * are part of the answer in every way: they are delivered and count as output, and a grammar must allow them.
   *
   * @defaultValue none
   */
  readonly forcedTokens?: readonly number[] | undefined;
  /**
   * Reports how likely each token was, in `log-probabilities` parts and in the result's `logProbabilities`, with so many
   * of the likeliest alternatives: an integer from 0 to 20. Logarithms are natural, and of the model's own distribution,
   * before any other setting, as in OpenAI's API.
   *
   * @defaultValue nothing is reported
   */
  readonly logprobs?: number | undefined;
  /**
   * Makes the choice repeatable: the same request with the same seed gives the same tokens from the same model on the
   * same machine, whatever else is running, and however often the stream is paused. An integer from 0 to 2^53 - 1.
   *
   * @defaultValue another one each time
   */
  readonly seed?: number | undefined;
}
