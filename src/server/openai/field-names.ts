import { closestName } from '../../request/closest-name.ts';
import { TramontaneError } from '../../spec/tramontane-error.ts';
import { HttpError } from '../http-error.ts';
import type { JsonBody } from '../read-json.ts';

/** How our names of fields become the caller's, in this order. Those that begin with `^` are for `field` alone. */
export type Spelling = readonly (readonly [ours: RegExp, theirs: string])[];

/**
 * An error that names fields as the caller has written them, in `field` and in its message.
 *
 * @param error - given back as it is where it names no field
 */
export function respell(error: unknown, spelling: Spelling): unknown {
  if (!TramontaneError.isInstance(error)) return error;
  const { code, field, file, retryAfterMs, partial } = error;
  const theirs = field === undefined ? undefined : spelt(field, spelling);
  const named = field === undefined || theirs === undefined ? error.message : error.message.replaceAll(field, theirs);
  const message = spelt(named, spelling);
  return new TramontaneError(code, message, { field: theirs, file, retryAfterMs, partial, cause: error });
}

function spelt(text: string, spelling: Spelling): string {
  return spelling.reduce((all, [ours, theirs]) => all.replace(ours, theirs), text);
}

/**
 * The fields of a body that say something: without those that are `null`, which OpenAI's clients send for what they leave
 * out, and without those of `ignored`, which change nothing here.
 *
 * @throws {HttpError} 400 `unknown_parameter`: a field that was meant and is not looked at would be a wrong answer
 */
export function knownFields(body: JsonBody, known: readonly string[], ignored: readonly string[]): JsonBody {
  const fields = Object.entries(body).filter(([name, value]) => value !== null && !ignored.includes(name));
  for (const [name] of fields) {
    if (known.includes(name)) continue;
    const shown = JSON.stringify(name.slice(0, 60));
    const message = `unknown field ${shown}; did you mean "${closestName(name, known)}"?`;
    throw new HttpError(400, 'unknown_parameter', message, { param: name.slice(0, 60) });
  }
  return Object.fromEntries(fields);
}
