import type { IncomingMessage } from 'node:http';

/** The part of a URL that the request's headers say, or that of the machine itself where they say none. */
export function hostOf(request: IncomingMessage): URL {
  const host = request.headers.host ?? '';
  // Anything else could move where the host ends and the path begins.
  return new URL(`http://${/^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i.test(host) ? host : 'invalid.invalid'}`);
}

/** The path alone. */
export function pathOf(request: IncomingMessage): string {
  return urlOf(request).pathname;
}

/** The request as a web `Request`. Its body is not read until somebody does. */
export function toRequest(request: IncomingMessage, signal: AbortSignal): Request {
  const { method = 'GET', rawHeaders } = request;
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '');
  const bodyless = method === 'GET' || method === 'HEAD';
  return new Request(urlOf(request), { method, headers, signal, ...(!bodyless && { body: bodyOf(request), duplex: 'half' }) });
}

function urlOf(request: IncomingMessage): URL {
  const { url = '/' } = request;
  const { origin } = hostOf(request);
  // Joined as text: as a relative URL, `//other.example` would name another host.
  // What asks a proxy for another's page is the path of nothing here.
  return new URL(url.startsWith('/') ? `${origin}${url}` : `${origin}/${encodeURIComponent(url)}`);
}

function bodyOf(request: IncomingMessage): ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> {
  // What a middleware such as `express.json()` has read already.
  const { body } = request as { readonly body?: unknown };
  if (body !== undefined && request.readableEnded) return new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
  let chunks: AsyncIterator<Uint8Array, undefined> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // Not before: Node throws away by itself what nobody has begun to read.
        chunks ??= request.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array, undefined>;
        const read = await chunks.next();
        if (read.done) controller.close();
        else controller.enqueue(read.value);
      },
      async cancel() {
        await chunks?.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
