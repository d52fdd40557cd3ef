import type { RequestBody, ServerEvent } from './dialect.ts';
import type { Endpoint } from './endpoint.ts';
import type { Framing } from './framing.ts';
import { LineFraming } from './line-framing.ts';
import type { RemoteCall } from './remote-call.ts';
import { RemoteFailure, reasonOf } from './remote-failure.ts';
import { SseFraming } from './sse-framing.ts';
import { WebSocketFraming } from './web-socket-framing.ts';

/** A body that is one JSON value where a stream was asked for; in practice an error. */
const mostJsonBytes = 16 * 2 ** 20;

/**
 * Sends a request and gives the events of the response as they come, in batches of what came together. Throws what broke
 * it off, after the events before. It is left by `return`, which must not be while it waits: closing the call is how it
 * is stopped.
 *
 * @param untilResumed - Awaited before anything is read, and again before it is given.
 */
export async function* eventsOf(
  call: RemoteCall,
  body: RequestBody,
  endpoint: Endpoint,
  untilResumed: () => Promise<void>,
): AsyncGenerator<readonly ServerEvent[], void> {
  const { dialect } = endpoint.spoken;
  const { webSocket, baseUrl } = endpoint.options;
  const response = await call.open(body, dialect.framing === 'sse' ? 'text/event-stream' : 'application/x-ndjson', webSocket);
  const type = response.header('content-type')?.toLowerCase() ?? '';
  if (type.startsWith('text/html')) {
    const message = `${baseUrl.origin} answers with a web page; let baseUrl be where the engine's API is`;
    throw new RemoteFailure({ code: 'remote-failed', message, field: 'baseUrl' }, 'never');
  }
  if (dialect.framing === 'sse' && type.startsWith('application/json') && !webSocket) {
    const data = await call.text(mostJsonBytes);
    if (endpoint.lacks(dialect, response.status, data)) throw new RemoteFailure(dialect.failure(response.status, data), 'at-once');
    yield [{ data }];
    return;
  }
  const framing: Framing = webSocket
    ? new WebSocketFraming((bytes) => call.write(bytes))
    : dialect.framing === 'sse'
      ? new SseFraming()
      : new LineFraming();
  let nothingCame = true;
  let broke: unknown;
  while (!framing.ended) {
    await untilResumed();
    let bytes: Uint8Array | undefined;
    try {
      bytes = await call.read();
    } catch (error) {
      broke = error;
    }
    if (bytes === undefined) break;
    nothingCame = false;
    await untilResumed();
    yield framing.push(bytes);
  }
  yield framing.end();
  if (nothingCame) {
    const why = broke === undefined ? 'the answer is empty' : reasonOf(broke);
    const message = `nothing came from ${baseUrl.origin}: ${why}`;
    throw new RemoteFailure({ code: 'connection-failed', message, cause: broke }, 'later');
  }
  if (broke !== undefined) {
    const message = `the connection broke off in the middle of the answer: ${reasonOf(broke)}`;
    throw new RemoteFailure({ code: 'connection-lost', message, cause: broke }, 'later');
  }
}
