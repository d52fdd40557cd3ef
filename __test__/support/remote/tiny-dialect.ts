import type { Dialect, EventDecoder, ServerEvent } from '../../../src/remote/dialect.ts';
import type { ErrorCode } from '../../../src/spec/error-code.ts';
import type { FailurePart } from '../../../src/spec/failure-part.ts';
import type { FinishPart, StreamPart } from '../../../src/spec/stream-part.ts';
import { noTime } from '../../../src/spec/timings.ts';

/** Events of the smallest protocol: `{ text }`, `{ think }`, `{ finish, out }`, `{ error, code }`; `[DONE]` ends it. */
class TinyDecoder implements EventDecoder {
  #finish: FinishPart | undefined;
  #over = false;

  push({ data }: ServerEvent): readonly (StreamPart | FailurePart)[] {
    if (this.#over) return [];
    if (data === '[DONE]') return this.end();
    let event: { text?: string; think?: string; finish?: 'stop'; out?: number; error?: string; code?: ErrorCode };
    try {
      event = JSON.parse(data) as typeof event;
    } catch {
      return this.#failure('remote-failed', 'that is no JSON');
    }
    if (event.error !== undefined) return this.#failure(event.code ?? 'remote-failed', event.error);
    if (event.finish) {
      const outputTokens = event.out ?? 0;
      const usage = { inputTokens: 3, outputTokens, totalTokens: 3 + outputTokens, cachedInputTokens: 0 };
      this.#finish = { type: 'finish', finishReason: event.finish, usage, timings: noTime };
    }
    if (event.think !== undefined) return [{ type: 'reasoning-delta', delta: event.think }];
    return event.text === undefined ? [] : [{ type: 'text-delta', delta: event.text }];
  }

  end(): readonly (StreamPart | FailurePart)[] {
    if (this.#over) return [];
    if (!this.#finish) return this.#failure('connection-lost', 'the answer broke off');
    this.#over = true;
    return [this.#finish];
  }

  #failure(code: ErrorCode, message: string): FailurePart[] {
    this.#over = true;
    return [{ type: 'error', error: { code, message } }];
  }
}

const codes: Readonly<Record<number, ErrorCode>> = { 401: 'unauthorized', 429: 'rate-limited', 404: 'model-not-found' };

export const tinyDialect: Dialect = {
  name: 'openai-chat',
  framing: 'sse',
  keyVariables: ['TINY_API_KEY'],
  baseUrl: undefined,
  headers: (key) => (key === undefined ? {} : { Authorization: `Bearer ${key}` }),
  request: (request) => ({ path: '/stream', body: { model: request.model, ...request.prompt, ...request.options } }),
  decoder: () => new TinyDecoder(),
  failure: (status, body) => ({ code: codes[status] ?? 'remote-failed', message: `${status}: ${body}` }),
  webSocketMessage: (body) => body,
  listModels: { path: '/models', read: (body) => (body as { names: string[] }).names.map((model) => ({ model })) },
  embeddings: {
    request: (model, texts) => ({ path: '/embed', body: { model, texts } }),
    read: (body) => ({ embeddings: (body as { vectors: number[][] }).vectors, inputTokens: 4 }),
  },
};

const { webSocketMessage: _, ...withoutWebSocket } = tinyDialect;

export const tinyLines: Dialect = { ...withoutWebSocket, name: 'ollama', framing: 'ndjson' };

/** Events as server-sent ones. */
export function sse(...events: readonly (object | string)[]): string {
  return events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('');
}

export const ending = sse({ finish: 'stop', out: 2 }, '[DONE]');
