import type { ResponsesEvent } from '../../views/responses-events.ts';
import type { EventStreamEnd } from '../event-stream.ts';
import type { ReplaySource } from '../replay/replay-source.ts';
import type { RequestContext } from '../request-context.ts';
import { toHttpError } from '../to-http-error.ts';
import type { ResponseRun } from './response-run.ts';

/** An event as it is sent: its type is the event's name too. */
function eventText(event: Pick<ResponsesEvent, 'type'>): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** A stream of a response's events ends with its last event. Only what fails before the first is an error. */
export const lastEvents: EventStreamEnd = {
  last: () => '',
  lastOnError: (error) => {
    const { code, message, param } = toHttpError(error);
    return eventText({ type: 'error', code, message, param } as Pick<ResponsesEvent, 'type'>);
  },
};

/** The events of a response as they are sent. Fails where the first part does, so that it can be answered by a status. */
export function eventsOf(run: ResponseRun, context: RequestContext): AsyncIterator<string, undefined> {
  const { next } = replaySource(run, context, true);
  return { next, return: () => run.return().then(() => ({ done: true, value: undefined })) };
}

/**
 * A response as the source of a resumable stream.
 *
 * @param failsFirst - whether a failure in place of the first part is thrown, and not told by events
 */
export function replaySource(
  run: ResponseRun,
  context: RequestContext,
  failsFirst: boolean,
): ReplaySource & Pick<AsyncIterator<string, undefined>, 'next'> {
  let begun = !failsFirst;
  return {
    async next() {
      if (!begun) {
        begun = true;
        await run.begin();
      }
      const read = await run.next();
      if (!read.done) return { done: false, value: eventText(read.value) };
      // Told by its events, it is to be in the log as well.
      if (run.failure !== undefined) context.failureOf(run.failure);
      return read;
    },
    cancel: () => void run.cancel(),
  };
}
