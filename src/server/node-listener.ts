import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpError } from './http-error.ts';
import { jsonResponse } from './json-response.ts';
import { toRequest } from './node-request.ts';

/** Answers a request of `node:http` by a function from web requests to web responses. Never rejects. */
export async function listenOnNode(
  fetch: (request: Request) => Promise<Response>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort('the connection was closed');
  });
  // Noticed by `close`; an `error` that nobody listens to would end the process.
  response.on('error', () => gone.abort('the connection failed'));
  const answer = await answerTo(fetch, request, gone.signal);
  if (gone.signal.aborted) {
    await answer.body?.cancel().catch(() => undefined);
    return;
  }
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body && request.method !== 'HEAD') await writeBody(answer.body as ReadableStream<Uint8Array>, response, gone.signal);
  else await answer.body?.cancel().catch(() => undefined);
  if (!response.destroyed) response.end();
}

async function answerTo(fetch: (request: Request) => Promise<Response>, request: IncomingMessage, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(toRequest(request, signal));
  } catch (cause) {
    // Methods and headers that a web request cannot have.
    const { status, body } = new HttpError(400, 'invalid_request', 'the request cannot be read', { cause });
    return jsonResponse(body, status);
  }
}

/**
 * Writes as fast as the client reads. Node gathers by itself what is written before the event loop goes on; corking the
 * response would do the same, but then Node forgets to say when there is room again.
 */
async function writeBody(body: ReadableStream<Uint8Array>, response: ServerResponse, gone: AbortSignal): Promise<void> {
  const reader = body.getReader();
  gone.addEventListener('abort', () => void reader.cancel().catch(() => undefined), { once: true });
  try {
    for (;;) {
      const read = await reader.read();
      if (read.done || gone.aborted) return;
      if (!response.write(read.value)) await once(response, 'drain', { signal: gone });
    }
  } catch {
    // A body that breaks off: so does the answer, since whoever reads it would take it for whole.
    response.destroy();
  }
}
