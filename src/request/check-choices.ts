import { checkInteger, wrongValue } from './check-value.ts';
import type { CheckedRequest } from './check-request.ts';

/** Checks how many choices are asked for. Throws `invalid-argument`. */
export function checkCount(count: unknown): number {
  const checked = checkInteger(count, 'count', { min: 1, max: 128 });
  if (checked === undefined) throw wrongValue('count', 'an integer from 1 to 128', count);
  return checked;
}

/** The n-th choice of a request: the same with another seed. Without one, each draws its own. */
export function choiceOf(request: CheckedRequest, index: number): CheckedRequest {
  const { seed } = request.options;
  if (seed === undefined) return request;
  return { ...request, options: { ...request.options, seed: seedAfter(seed, index) } };
}

/** Counted modulo 2^53, in numbers that do not go beyond it. */
function seedAfter(seed: number, steps: number): number {
  const room = Number.MAX_SAFE_INTEGER - seed;
  return steps <= room ? seed + steps : steps - room - 1;
}
