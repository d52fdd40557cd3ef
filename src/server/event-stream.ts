import type { RequestContext } from './request-context.ts';

const encoder = new TextEncoder();

const eventHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
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
 * Answers with server-sent events, each given as the text it is sent as. An event is asked for when the caller reads, so
 * that a slow one holds back its own generation; comments fill silences. Cancelling the body leaves the iterator.
 *
 * The answer waits for its first event, so that an error before it still has a status of its own, but no longer than the
 * first silence. Then the status is 200, and an error is an event.
 *
 * @throws What the iterator throws in place of its first event.
 */
export async function eventStream(
  context: RequestContext,
  events: AsyncIterator<string, undefined>,
  { last, lastOnError }: EventStreamEnd,
): Promise<Response> {
  const { keepAliveMs } = context.settings;
  let pending: Promise<IteratorResult<string, undefined>> | undefined = events.next();
  // Looked at below, in its turn.
  pending.catch(() => undefined);
  await orSilence(pending, keepAliveMs);

  const done = context.keepOpen();
  let left = false;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const end = (text: string) => {
          if (left) return;
          controller.enqueue(encoder.encode(text));
          controller.close();
          done();
        };
        try {
          pending ??= events.next();
          const read = await orSilence(pending, keepAliveMs);
          if (left) return;
          if (read === undefined) {
            controller.enqueue(encoder.encode(': keep-alive\n\n'));
            return;
          }
          pending = undefined;
          if (read.done) end(last());
          else controller.enqueue(encoder.encode(read.value));
        } catch (error) {
          end(lastOnError(error));
        }
      },
      async cancel() {
        left = true;
        done();
        await events.return?.();
      },
    },
    // Reads nothing ahead: what is read ahead is not held back by a slow reader.
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: eventHeaders });
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
