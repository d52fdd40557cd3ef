import { readJson, readUntypedJson } from '../read-json.ts';
import type { JsonBody } from '../read-json.ts';
import type { RequestContext } from '../request-context.ts';

/**
 * The fields of a body that say something. As at Ollama, any type will do, since curl calls what it sends a form; but not
 * from a web page, which may send forms anywhere without asking first. Browsers tell their pages' origin.
 *
 * @throws {HttpError} as {@link readJson}
 */
export async function readBody(context: RequestContext, request: Request): Promise<JsonBody> {
  const read = request.headers.has('origin') ? readJson : readUntypedJson;
  const fields = Object.entries(await read(context, request));
  return Object.fromEntries(fields.filter(([, value]) => value !== null));
}
