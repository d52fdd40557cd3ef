import type { RequestContext } from './request-context.ts';
import { unlessAborted } from './unless-aborted.ts';

const encoder = new TextEncoder();

/** What a stream's events are written as, and what fills its silences without saying anything. */
export interface EventForm {
  readonly contentType: string;
  readonly silence: () => string;
}

const serverSentEvents: EventForm = { contentType: 'text/event-stream; charset=utf-8', silence: () => ': keep-alive\n\n' };

const eventHeaders = {
  // `no-transform` keeps compressing proxies from gathering events.
  'cache-control': 'no-cache, no-transform',
  // Otherwise a proxy such as nginx keeps events back until its buffer is full.
  'x-accel-buffering': 'no',
};

/** How an event stream ends. */
export interface EventStreamEnd {
  /** What follows the last event. */
  readonly last: () => string;
  /** What stands for an error, which then ends the stream; nothing else follows. */
  readonly lastOnError: (error: unknown) => string;
}

/**
 * Answers with server-sent events, or in another form, each given as the text it is sent as. An event is asked for when the caller reads, so
 * that a slow one holds back its own generation; silences are filled. Cancelling the body leaves the iterator, and so
 * does the end of the request from here, whether or not anybody reads.
 *
 * The answer waits for its first event, so that an error before it still has a status of its own, but no longer than the
 * first silence. Then the status is 200, and an error is an event.
 *
 * @throws What the iterator throws in place of its first event, or the reason why the request was ended.
 */
export async function eventStream(
  context: RequestContext,
  events: AsyncIterator<string, undefined>,
  { last, lastOnError }: EventStreamEnd,
  form: EventForm = serverSentEvents,
): Promise<Response> {
  const { signal, settings } = context;
  const leave = () => void events.return?.().catch(() => undefined);
  signal.addEventListener('abort', leave, { once: true });
  let pending: Promise<IteratorResult<string, undefined>> | undefined = events.next();
  // Looked at below, in its turn.
  pending.catch(() => undefined);
  await unlessAborted(orSilence(pending, settings.keepAliveMs), signal);

  const done = context.keepOpen();
  let ended = false;
  const end = (close: () => void) => {
    if (ended) return;
    ended = true;
    close();
    signal.removeEventListener('abort', leave);
    done();
  };
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const abort = () => {
          if (!ended) endWith(controller, lastOnError(signal.reason));
        };
        signal.addEventListener('abort', abort, { once: true });
      },
      async pull(controller) {
        try {
          pending ??= events.next();
          const read = await orSilence(pending, settings.keepAliveMs);
          if (ended) return;
          if (read === undefined) {
            controller.enqueue(encoder.encode(form.silence()));
            return;
          }
          pending = undefined;
          if (read.done) endWith(controller, last());
          else controller.enqueue(encoder.encode(read.value));
        } catch (error) {
          if (!ended) endWith(controller, lastOnError(error));
        }
      },
      cancel() {
        end(leave);
      },
    },
    // Reads nothing ahead: what is read ahead is not held back by a slow reader.
    { highWaterMark: 0 },
  );
  const endWith = (controller: ReadableStreamDefaultController<Uint8Array>, text: string) =>
    end(() => {
      controller.enqueue(encoder.encode(text));
      controller.close();
    });
  return new Response(body, { headers: { 'content-type': form.contentType, ...eventHeaders } });
}

/** What the promise gives, or nothing after so many milliseconds. */
async function orSilence<Value>(promise: Promise<Value>, ms: number): Promise<Value | undefined> {
  if (ms === 0) return promise;
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}
