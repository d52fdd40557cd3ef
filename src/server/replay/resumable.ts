import { randomUUID } from 'node:crypto';
import type { Endpoint } from '../endpoint.ts';
import { eventStream } from '../event-stream.ts';
import type { EventStreamEnd } from '../event-stream.ts';
import type { HttpError } from '../http-error.ts';
import type { RequestContext } from '../request-context.ts';
import { toHttpError } from '../to-http-error.ts';
import type { ReplaySource } from './replay-source.ts';

/** What was sent is sent again as it was. An error besides is that of a reader who is too late, in words that all know. */
export const brokenOff: EventStreamEnd = {
  last: () => '',
  lastOnError: (error) => `data: ${JSON.stringify(toHttpError(error).body)}\n\n`,
};

/** Whether a caller wants to come back for what it misses. */
export function wantsResumable(request: Request): boolean {
  const asked = request.headers.get('x-tramontane-resumable');
  return asked !== null && asked !== '0' && asked !== 'false';
}

/**
 * Makes the event stream of an endpoint resumable where the request's header `x-tramontane-resumable` asks for it. The
 * answer's header `x-stream-id` then names the stream, and `GET /v1/streams/{id}` takes it up again.
 */
export function resumable(endpoint: Endpoint): Endpoint {
  return async (context, request) => {
    if (!wantsResumable(request)) return endpoint(context, request);
    const work = context.detach();
    const answer = await answerOf(endpoint, context, work, request);
    if (!answer.body || !answer.headers.get('content-type')?.startsWith('text/event-stream')) return answer;
    const id = `stream_${randomUUID().replaceAll('-', '')}`;
    const stream = context.streams.open(id, bodySource(answer.body));
    const response = await eventStream(context, stream.read(0), brokenOff);
    response.headers.set('x-stream-id', id);
    return response;
  };
}

/** From its answer on the work is not the caller's any more, who before that does not know how to come back to it. */
async function answerOf(endpoint: Endpoint, context: RequestContext, work: RequestContext, request: Request): Promise<Response> {
  const leave = () => work.abort(context.signal.reason as HttpError);
  if (context.signal.aborted) leave();
  context.signal.addEventListener('abort', leave, { once: true });
  let status = 500;
  try {
    const answer = await endpoint(work, request);
    status = answer.status;
    return answer;
  } finally {
    context.signal.removeEventListener('abort', leave);
    work.answered(status);
  }
}

/** The events of a body, one by one. Comments are for its own connection only. */
function bodySource(body: ReadableStream<Uint8Array>): ReplaySource {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const events: string[] = [];
  let rest = '';
  return {
    async next() {
      for (;;) {
        const event = events.shift();
        if (event !== undefined) return { done: false, value: `${event}\n\n` };
        const read = await reader.read();
        if (read.done) return { done: true, value: undefined };
        const blocks = (rest + decoder.decode(read.value, { stream: true })).split('\n\n');
        rest = blocks.pop() ?? '';
        events.push(...blocks.filter((block) => !block.startsWith(':')));
      }
    },
    cancel: () => void reader.cancel().catch(() => undefined),
  };
}
