import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { checkHost, checkKey } from './access.ts';
import { closingError } from './answer-request.ts';
import { allowsOrigin } from './cors.ts';
import type { FoundRoute } from './find-route.ts';
import { HttpError } from './http-error.ts';
import { hostOf } from './node-request.ts';
import type { RequestContext } from './request-context.ts';

/** Lets the route take over the connection, once it is clear that it may. Throws what is to be answered as an error. */
export async function answerUpgrade(
  context: RequestContext,
  found: FoundRoute | undefined,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const { settings } = context;
  const host = hostOf(request);
  checkHost(settings, host.hostname);
  checkKey(settings, request.headers.authorization ?? null);
  checkOrigin(context, request.headers.origin, host.host);
  if (!found?.route.upgrade) throw new HttpError(404, 'unknown_url', 'no WebSocket is to be had here');
  if (context.closing.aborted) throw closingError();
  await found.route.upgrade(context, request, socket, head);
}

/** Browsers let any page open a WebSocket anywhere, and leave it to the server to refuse. */
function checkOrigin({ settings }: RequestContext, origin: string | undefined, host: string): void {
  if (origin === undefined || allowsOrigin(settings, origin) || /^https?:\/\/(.*)$/.exec(origin)?.[1] === host) return;
  throw new HttpError(403, 'origin_not_allowed', `pages of ${origin.slice(0, 100)} may not use this server; name it in cors`);
}

/** Answers with an error what was to become another protocol. */
export function refuseUpgrade(socket: Duplex, { status, body, headers }: HttpError): void {
  if (!socket.writable) return;
  const json = JSON.stringify(body);
  const all = { ...headers, connection: 'close', 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} Refused\r\n${lines.join('')}\r\n${json}`);
}
