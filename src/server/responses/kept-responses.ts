import type { Endpoint } from '../endpoint.ts';
import { eventStream } from '../event-stream.ts';
import { HttpError } from '../http-error.ts';
import { jsonResponse } from '../json-response.ts';
import type { RequestContext } from '../request-context.ts';
import { listItems } from './list-items.ts';
import { lastEvents } from './response-events.ts';

/** `GET /v1/responses/{id}`, with `stream=true` its events again and on, and `GET /v1/responses/{id}/input_items`. */
export const getResponse: Endpoint = (context, request) => {
  const { searchParams: query } = new URL(request.url);
  const [id, what] = pathOf(context);
  const found = context.responses.find(id);
  if (what === 'input_items') return jsonResponse(listItems(found.inputItems, query));
  if (what !== undefined) throw nothingHere(context);
  return query.get('stream') === 'true' ? resumed(context, id, query.get('starting_after')) : jsonResponse(found.response);
};

/** `POST /v1/responses/{id}/cancel`: ends it as it stands. One that is over stays as it is. */
export const cancelResponse: Endpoint = async (context) => {
  const [id, what] = pathOf(context);
  if (what !== 'cancel') throw nothingHere(context);
  const { responses, streams } = context;
  const run = responses.running(id);
  streams.get(id)?.cancel();
  await run?.cancel();
  return jsonResponse((run ?? responses.find(id)).response);
};

/** `DELETE /v1/responses/{id}`. */
export const deleteResponse: Endpoint = (context) => {
  const [id, what] = pathOf(context);
  if (what !== undefined) throw nothingHere(context);
  context.responses.delete(id);
  context.streams.delete(id);
  return jsonResponse({ id, object: 'response', deleted: true });
};

async function resumed(context: RequestContext, id: string, after: string | null): Promise<Response> {
  const number = after === null ? -1 : Number(after);
  if (!Number.isSafeInteger(number) || number < -1) {
    throw new HttpError(400, 'invalid_value', 'starting_after must be the sequence_number of an event', { param: 'starting_after' });
  }
  const stream = context.streams.get(id);
  if (stream) return eventStream(context, stream.read(number + 1), lastEvents);
  const message = `the events of response ${id} are not kept, or not any more; ask for it without stream, and to resume one make it with background or store: true`;
  throw new HttpError(410, 'stream_gone', message, { param: 'stream' });
}

function pathOf({ rest }: RequestContext): [id: string, what?: string] {
  const [id = '', ...what] = rest.split('/');
  return what.length === 0 ? [id] : [id, what.join('/')];
}

function nothingHere({ rest }: RequestContext): HttpError {
  return new HttpError(404, 'unknown_url', `there is nothing at /v1/responses/${rest.slice(0, 100)}`);
}
