import type { OutputItem } from '../../views/responses-events.ts';
import { HttpError } from '../http-error.ts';

/**
 * A page of a list as OpenAI's API gives them: the newest first, unless `order` is `asc`; at most `limit` items, those
 * that follow the one whose id is `after`.
 *
 * @throws {HttpError} 400
 */
export function listItems(items: readonly OutputItem[], query: URLSearchParams): object {
  const limit = Number(query.get('limit') ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) throw wrong('limit', 'an integer from 1 to 100');
  const order = query.get('order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') throw wrong('order', '"asc" or "desc"');
  const all = order === 'asc' ? items : items.toReversed();
  const after = query.get('after');
  const from = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
  if (after !== null && from === 0) throw wrong('after', 'the id of an item of the list');
  const data = all.slice(from, from + limit);
  return { object: 'list', data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: from + limit < all.length };
}

function wrong(param: string, expected: string): HttpError {
  return new HttpError(400, 'invalid_value', `${param} must be ${expected}`, { param });
}
