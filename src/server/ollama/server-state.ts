import type { Endpoint } from '../endpoint.ts';
import { HttpError } from '../http-error.ts';
import { jsonResponse } from '../json-response.ts';

/** The version of Ollama whose API this is; clients look whether it is recent enough for them. */
const version = '0.17.4';

/** `GET /` and `HEAD /`, by which clients see that there is a server. */
export const running: Endpoint = () => new Response('tramontane is running', { headers: { 'content-type': 'text/plain; charset=utf-8' } });

/** `GET /api/version`. */
export const tellVersion: Endpoint = () => jsonResponse({ version });

/** What would change which models there are. */
export const notHere: Endpoint = (_, request) => {
  const { pathname } = new URL(request.url);
  const message = `${pathname.slice(0, 60)} is not to be had here: models are brought by "tramontane pull", and served under the names that the server was started with`;
  throw new HttpError(400, 'unsupported', message);
};
