import type { AnyStreamPart } from '../spec/agent-part.ts';
import type { OpenAIChatChunk } from '../spec/openai-chat-chunk.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { StreamResponseOptions } from '../spec/view-options.ts';
import { toReadableStream } from './to-readable-stream.ts';
import type { Chunks } from './to-readable-stream.ts';
import { WholeCharacters } from './whole-characters.ts';

const encoder = new TextEncoder();

const eventHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  // Otherwise a proxy such as nginx keeps events back until its buffer is full.
  'x-accel-buffering': 'no',
};

/** The text alone. */
export function textResponse(deltas: AsyncIterator<string, undefined>, options: StreamResponseOptions): Response {
  const characters = new WholeCharacters();
  return respond(deltas, options, { 'content-type': 'text/plain; charset=utf-8' }, {
    chunkOf: (delta) => bytes(characters.take(delta)),
    last: () => bytes(characters.rest()),
  });
}

/** One event for each part. */
export function partsResponse(parts: AsyncIterator<AnyStreamPart, undefined>, options: StreamResponseOptions): Response {
  return respond(parts, options, eventHeaders, {
    chunkOf: event,
    lastOnError: (error) => {
      const { code, message, field, partial } = asTramontaneError(error);
      // Not the file: paths of this machine are nobody else's business.
      const failure = { code, message, ...(field !== undefined && { field }) };
      return event({ type: 'error', error: failure, usage: partial?.usage, timings: partial?.timings });
    },
  });
}

/** One event for each chunk, and `[DONE]`. */
export function chunksResponse(chunks: AsyncIterator<OpenAIChatChunk, undefined>, options: StreamResponseOptions): Response {
  return respond(chunks, options, eventHeaders, {
    chunkOf: event,
    last: () => encoder.encode('data: [DONE]\n\n'),
    lastOnError: (error) => {
      const { code, message, field } = asTramontaneError(error);
      const type = code === 'invalid-argument' || code === 'context-overflow' ? 'invalid_request_error' : 'server_error';
      return event({ error: { message, type, code, param: field ?? null } });
    },
  });
}

function respond<Value>(
  values: AsyncIterator<Value, undefined>,
  { status = 200, headers }: StreamResponseOptions,
  formatHeaders: Readonly<Record<string, string>>,
  chunks: Chunks<Value, Uint8Array>,
): Response {
  const all = new Headers(headers);
  for (const [name, value] of Object.entries(formatHeaders)) if (!all.has(name)) all.set(name, value);
  return new Response(toReadableStream(values, chunks), { status, headers: all });
}

// No `event:` line: EventSource would not give such events to `onmessage`, and calls a broken connection `error`.
function event(data: unknown): Uint8Array {
  return encoder.encode(`data: ${JSON.stringify(data)}\n\n`);
}

function bytes(text: string): Uint8Array | undefined {
  return text === '' ? undefined : encoder.encode(text);
}

function asTramontaneError(error: unknown): TramontaneError {
  if (TramontaneError.isInstance(error)) return error;
  return new TramontaneError('engine-failed', error instanceof Error ? error.message : String(error));
}
