import type { CompletionRequest } from '../spec/completion-request.ts';
import { checkCompletionRequest } from './check-request.ts';
import type { CheckedRequest } from './check-request.ts';
import { checkInteger, wrongValue } from './check-value.ts';

/**
 * The choices of one request: the same with other seeds; without a seed each draws its own. The request is read once, now,
 * as its caller may change it; what is wrong with it is thrown by each choice that is asked for.
 *
 * @throws {TramontaneError} `invalid-argument` for the count
 */
export function checkChoices(request: CompletionRequest, count: number): (() => CheckedRequest)[] {
  const indexes = Array.from({ length: checkCount(count) }, (_, index) => index);
  try {
    const checked = checkCompletionRequest(request);
    return indexes.map((index) => () => choiceOf(checked, index));
  } catch (error) {
    return indexes.map(() => () => {
      throw error;
    });
  }
}

function checkCount(count: unknown): number {
  const checked = checkInteger(count, 'count', { min: 1, max: 128 });
  if (checked === undefined) throw wrongValue('count', 'an integer from 1 to 128', count);
  return checked;
}

function choiceOf(request: CheckedRequest, index: number): CheckedRequest {
  const { seed } = request.options;
  if (seed === undefined) return request;
  return { ...request, options: { ...request.options, seed: seedAfter(seed, index) } };
}

/** Counted modulo 2^53, in numbers that do not go beyond it. */
function seedAfter(seed: number, steps: number): number {
  const room = Number.MAX_SAFE_INTEGER - seed;
  return steps <= room ? seed + steps : steps - room - 1;
}
