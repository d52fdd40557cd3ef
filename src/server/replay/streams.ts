import type { Endpoint } from '../endpoint.ts';
import { eventStream } from '../event-stream.ts';
import { HttpError } from '../http-error.ts';
import { jsonResponse } from '../json-response.ts';
import { brokenOff } from './resumable.ts';

/**
 * `GET /v1/streams/{id}`: what a resumable stream has sent since the event that `last-event-id` names, and then what
 * comes; without that header, everything. Once all of it was received there is nothing to say (204), which is how an
 * `EventSource` knows that it need not come back.
 */
export const resumeStream: Endpoint = (context, request) => {
  const stream = context.streams.get(context.rest);
  if (!stream) throw unknownStream(context.rest);
  const last = request.headers.get('last-event-id') ?? '';
  const from = last === '' ? 0 : Number(last) + 1;
  if (!/^\d{0,15}$/.test(last)) throw new HttpError(400, 'invalid_value', 'last-event-id must be the id of an event of this stream', { param: 'last-event-id' });
  const reader = stream.read(from);
  if (!stream.over || from < stream.nextEvent) return eventStream(context, reader, brokenOff);
  void reader.return();
  return new Response(null, { status: 204 });
};

/** `DELETE /v1/streams/{id}`: cancels it at once. */
export const deleteStream: Endpoint = ({ rest, streams }) => {
  if (!streams.delete(rest)) throw unknownStream(rest);
  return jsonResponse({ id: rest, object: 'stream', deleted: true });
};

function unknownStream(id: string): HttpError {
  return new HttpError(404, 'stream_not_found', `there is no stream ${JSON.stringify(id.slice(0, 100))}; it may have been over for too long`);
}
