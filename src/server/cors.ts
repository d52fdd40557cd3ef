import type { HandlerSettings } from './check-handler-options.ts';

/** The methods and headers that OpenAI's clients use; `x-stainless-*` are those of its own libraries. */
const allowedMethods = 'GET, POST, DELETE, OPTIONS';

/** Whether pages of that origin may use the server. */
export function allowsOrigin({ cors }: HandlerSettings, origin: string): boolean {
  return typeof cors === 'boolean' ? cors : cors.includes(origin);
}

/** What lets the browser show an answer to the page that asked. Nothing where that is not wanted. */
export function corsHeaders(settings: HandlerSettings, origin: string | null): Record<string, string> {
  if (settings.cors === false) return {};
  const vary = { vary: 'origin' };
  if (origin === null || !allowsOrigin(settings, origin)) return vary;
  return { ...vary, 'access-control-allow-origin': origin, 'access-control-expose-headers': 'x-request-id, x-stream-id, retry-after' };
}

/** Answers a browser that asks whether it may send a request. */
export function answerPreflight(settings: HandlerSettings, request: Request): Response {
  const origin = request.headers.get('origin');
  const allowed = origin !== null && allowsOrigin(settings, origin);
  const asked = request.headers.get('access-control-request-headers') ?? '';
  return new Response(null, {
    status: 204,
    headers: allowed
      ? {
          'access-control-allow-methods': allowedMethods,
          'access-control-allow-headers': asked,
          'access-control-max-age': '600',
        }
      : {},
  });
}

/** Whether a request asks for permission rather than for an answer. */
export function isPreflight(request: Request): boolean {
  return request.method === 'OPTIONS' && request.headers.has('origin') && request.headers.has('access-control-request-method');
}
