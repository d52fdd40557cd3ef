import type { TokenLogProbabilities, TokenLogProbability } from '../../spec/log-probabilities.ts';
import { countOf, objectsOf, textOf } from './loose-json.ts';
import type { LooseObject } from './loose-json.ts';

/** `TokenLogProbability.tokenId` where the server does not tell it. */
export const unknownTokenId = -1;

// Bytes that are no whole character become U+FFFD; a BOM is a token like any other.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Tokens in OpenAI's form, which Ollama and others use too: `[{ token, logprob, bytes, top_logprobs }]`. */
export function openAILogProbabilities(value: unknown): TokenLogProbabilities[] {
  return objectsOf(value).map((token) => withAlternatives(logProbability(token), objectsOf(token['top_logprobs']).map(logProbability)));
}

/** A token together with those that might have been in its place. */
export function withAlternatives(token: TokenLogProbability, alternatives: TokenLogProbability[]): TokenLogProbabilities {
  return { ...token, alternatives };
}

/** Within the bounds that `TokenLogProbability.logProbability` has; what is no number is as unlikely as can be. */
export function boundedLogProbability(value: unknown): number {
  return typeof value === 'number' ? Math.min(0, Math.max(-9999, value)) : -9999;
}

function logProbability(token: LooseObject): TokenLogProbability {
  const { bytes } = token as { bytes?: unknown };
  return {
    // llama.cpp's server tells it.
    tokenId: countOf(token['id']) ?? unknownTokenId,
    text: isBytes(bytes) ? utf8.decode(Uint8Array.from(bytes)) : textOf(token['token']).toWellFormed(),
    logProbability: boundedLogProbability(token['logprob']),
  };
}

function isBytes(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256);
}
