import { HttpError } from './http-error.ts';
import type { RequestContext } from './request-context.ts';

/** An object that a request's body is. */
export type JsonBody = Readonly<Record<string, unknown>>;

/**
 * The body of a request, which has to be a JSON object.
 *
 * @throws {HttpError} 415 where it says to be something else (a web page may send that anywhere without asking first),
 *   413 where it is larger than the server takes, 400 where it is no JSON object
 */
export async function readJson(context: RequestContext, request: Request): Promise<JsonBody> {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new HttpError(415, 'unsupported_media_type', `send JSON with the header content-type: application/json, not ${type.slice(0, 80) || 'none'}`);
  }
  return readUntypedJson(context, request);
}

/** The same, whatever the body says to be: only for requests that no web page has sent. */
export async function readUntypedJson({ settings, signal }: RequestContext, request: Request): Promise<JsonBody> {
  const text = await readText(request, settings.maxBodyBytes, signal);
  if (text === '') throw new HttpError(400, 'invalid_json', 'the body is empty; if a middleware reads it first, let it pass it on');
  const value = parse(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonBody;
  throw new HttpError(400, 'invalid_json', 'the body must be a JSON object');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HttpError(400, 'invalid_json', `the body is not JSON: ${(cause as Error).message}`, { cause });
  }
}

async function readText(request: Request, maxBytes: number, signal: AbortSignal): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (!request.body) return '';
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const read = await reader.read();
      if (read.done) return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
      length += read.value.length;
      if (length > maxBytes) throw tooLarge(maxBytes);
      chunks.push(read.value);
    }
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    if (cause instanceof HttpError) throw cause;
    throw new HttpError(400, 'invalid_body', 'the body could not be read as UTF-8', { cause });
  } finally {
    reader.releaseLock();
  }
}

function tooLarge(maxBytes: number): HttpError {
  // What is left of the body is not read, so that the connection is of no more use.
  return new HttpError(413, 'request_too_large', `the body is larger than ${maxBytes} bytes; send less`, { headers: { connection: 'close' } });
}
