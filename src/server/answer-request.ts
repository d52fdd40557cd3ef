import { checkHost, checkKey } from './access.ts';
import { answerPreflight, isPreflight } from './cors.ts';
import type { FoundRoute } from './find-route.ts';
import { HttpError } from './http-error.ts';
import type { RequestContext } from './request-context.ts';
import type { Route } from './routes.ts';

/** Lets the route's endpoint answer, once it is clear that it may. Throws what is to be answered as an error. */
export async function answerRequest(
  context: RequestContext,
  found: FoundRoute | undefined,
  request: Request,
  routes: readonly Route[],
): Promise<Response> {
  const { settings } = context;
  const { hostname, pathname } = new URL(request.url);
  checkHost(settings, hostname);
  if (settings.cors !== false && isPreflight(request)) return answerPreflight(settings, request);
  if (!found?.route.open) checkKey(settings, request.headers.get('authorization'));
  if (!found) throw nothingAt(pathname, routes);
  const { path, methods, open } = found.route;
  const endpoint = methods[request.method === 'HEAD' ? 'GET' : request.method];
  if (!endpoint) throw wrongMethod(path, methods);
  if (context.closing.aborted && !open) throw closingError();
  return endpoint(context, request);
}

/** Of what the server no longer begins, and no longer finishes. */
export function closingError(): HttpError {
  return new HttpError(503, 'server_closing', 'the server is closing; try again later', {
    headers: { 'retry-after': '1', connection: 'close' },
  });
}

function nothingAt(pathname: string, routes: readonly Route[]): HttpError {
  const isOllamas = pathname.startsWith('/api/');
  const paths = routes.flatMap(({ path }) => (path.startsWith('/api/') === isOllamas ? path : [])).join(', ');
  return new HttpError(404, 'unknown_url', `there is nothing at ${pathname.slice(0, 100)}, only at ${paths}`);
}

function wrongMethod(path: string, methods: Readonly<Record<string, unknown>>): HttpError {
  const allow = Object.keys(methods).join(', ');
  return new HttpError(405, 'method_not_allowed', `${path} takes ${allow}`, { headers: { allow } });
}
