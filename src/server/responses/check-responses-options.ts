import { checkInteger, checkOptions, largestCount } from '../../request/check-value.ts';
import type { ResponseStoreLimits } from './response-store.ts';

/** Checks `responses` of a handler's options. Throws `invalid-argument`. */
export function checkResponsesOptions(value: unknown): ResponseStoreLimits {
  const options = checkOptions(value, 'responses', ['maxStored', 'maxStoredBytes', 'ttlMs'], 'responses.');
  return {
    maxStored: checkInteger(options['maxStored'], 'responses.maxStored', { min: 0, max: largestCount }) ?? 1000,
    maxStoredBytes: checkInteger(options['maxStoredBytes'], 'responses.maxStoredBytes', { min: 1, max: Number.MAX_SAFE_INTEGER }) ?? 64 * 2 ** 20,
    ttlMs: checkInteger(options['ttlMs'], 'responses.ttlMs', { min: 1, max: Number.MAX_SAFE_INTEGER }) ?? 3_600_000,
  };
}
