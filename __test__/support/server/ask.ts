import type { ServerHandler } from '../../../src/server/index.ts';

const url = 'http://localhost';

/** Sends JSON, as OpenAI's clients do. */
export function post(path: string, body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal): Request {
  return new Request(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal && { signal }),
  });
}

export function get(path: string, headers: Record<string, string> = {}): Request {
  return new Request(`${url}${path}`, { headers });
}

export const hi = [{ role: 'user', content: 'Hi' }];

/** The `error` of an answer, with its status. */
export async function errorBody(response: Response): Promise<Record<string, unknown>> {
  const { error } = (await response.json()) as { error: Record<string, unknown> };
  return { status: response.status, ...error };
}

/** What a chat request is refused with. */
export async function refusalOf(handler: ServerHandler, fields: Record<string, unknown>, path = '/v1/chat/completions'): Promise<Record<string, unknown>> {
  return errorBody(await handler.fetch(post(path, fields)));
}

/** The data of the events of an answer; the last, `[DONE]`, as text. */
export async function eventsOf(response: Response): Promise<unknown[]> {
  const text = await response.text();
  return text
    .split('\n\n')
    .filter((event) => event.startsWith('data: '))
    .map((event) => event.slice('data: '.length))
    .map((data): unknown => (data === '[DONE]' ? data : JSON.parse(data)));
}
