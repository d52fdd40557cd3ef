import { checkInteger, wrongValue } from './check-value.ts';
import type { PreparedRequest } from './prepare-request.ts';

/** Checks how many choices are asked for. Throws `invalid-argument`. */
export function checkCount(count: unknown): number {
  const checked = checkInteger(count, 'count', { min: 1, max: 128 });
  if (checked === undefined) throw wrongValue('count', 'an integer from 1 to 128', count);
  return checked;
}

/** The n-th choice of a request: the same with another seed. Without one, each draws its own. */
export function prepareChoice(request: PreparedRequest, index: number): PreparedRequest {
  const fields = JSON.parse(request.json) as { readonly seed?: number };
  if (fields.seed === undefined) return request;
  return { ...request, json: JSON.stringify({ ...fields, seed: seedAfter(fields.seed, index) }) };
}

/** Counted modulo 2^53, in numbers that do not go beyond it. */
function seedAfter(seed: number, steps: number): number {
  const room = Number.MAX_SAFE_INTEGER - seed;
  return steps <= room ? seed + steps : steps - room - 1;
}
