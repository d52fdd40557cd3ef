import { checkFilledText } from '../../request/check-value.ts';
import { HttpError } from '../http-error.ts';
import type { JsonBody } from '../read-json.ts';
import type { ModelRegistry } from '../model-registry.ts';

/** A model's name as Ollama has them: with a tag, `latest` where it has none. */
export function taggedName(name: string): string {
  return /:[^/]*$/.test(name) ? name : `${name}:latest`;
}

/**
 * The name that a request means, with or without `:latest`, as `models` has it.
 *
 * @throws {HttpError} 400 where it names none, 404 where there is none by it
 */
export function namedModel(models: ModelRegistry, body: JsonBody): string {
  // Old clients say `name`.
  const asked = checkFilledText(body['model'] ?? body['name'], 'model');
  if (asked === undefined) throw new HttpError(400, 'missing_model', 'model is required');
  const found = [asked, asked.replace(/:latest$/, '')].find((name) => models.names.includes(name));
  if (found !== undefined) return found;
  throw new HttpError(404, 'model_not_found', `model '${asked.slice(0, 100)}' not found; GET /api/tags lists those that there are`);
}
