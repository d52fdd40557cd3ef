import type { Endpoint } from '../endpoint.ts';
import { eventStream } from '../event-stream.ts';
import { jsonResponse } from '../json-response.ts';
import { readJson } from '../read-json.ts';
import { wantsResumable } from '../replay/resumable.ts';
import { eventsOf, lastEvents, replaySource } from './response-events.ts';
import type { ResponseRun } from './response-run.ts';
import { responsesRequest } from './responses-request.ts';

/**
 * `POST /v1/responses`. Streamed events can be taken up again, by the response's id, where the request says `store: true`
 * or `background`, or has the header for it; any other response is cancelled when its caller goes.
 */
export const createResponse: Endpoint = async (context, request) => {
  const asked = responsesRequest(await readJson(context, request));
  const run = await context.responses.create(asked, context);
  const { signal, streams } = context;
  const resumable = asked.background || (asked.stream && (asked.storeAsked || wantsResumable(request)));
  if (resumable) streams.open(run.id, replaySource(run, context, !asked.background), asked.background ? 'run' : 'wait');
  else if (signal.aborted) void run.cancel();
  else signal.addEventListener('abort', () => void run.cancel(), { once: true });

  try {
    if (!asked.stream) {
      if (!asked.background) await finished(run);
      if (signal.aborted) throw signal.reason;
      return jsonResponse(run.response);
    }
    const kept = streams.get(run.id);
    if (!kept) return await eventStream(context, eventsOf(run, context), lastEvents);
    const response = await eventStream(context, kept.read(0), lastEvents);
    response.headers.set('x-stream-id', run.id);
    return response;
  } catch (error) {
    // Nobody knows of it: who has gone before the answer does not know how to come back to it.
    streams.delete(run.id);
    context.responses.forget(run.id);
    throw error;
  }
};

async function finished(run: ResponseRun): Promise<void> {
  await run.drain();
  if (run.failure !== undefined) throw run.failure;
}
