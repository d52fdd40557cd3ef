import { errorBody } from './error-frame.ts';
import { failedResponse } from './remote-failure.ts';

/**
 * Whether a failed response to `/responses` says that there is no such endpoint, rather than that something in the request
 * was not found. Seen for endpoints: FastAPI's `{"detail":"Not Found"}`, Go's `404 page not found`, Express's `Cannot
 * POST`, OpenAI's `Invalid URL`, LM Studio's `Unexpected endpoint or method` (also with status 200).
 */
export function meansNoResponses(status: number, body: string): boolean {
  const { message, kind } = errorBody(body);
  if (/unexpected endpoint|unknown (endpoint|url|path|request url)|invalid url|cannot post|no route/i.test(message)) return true;
  if (status !== 404 && status !== 405 && status !== 501) return false;
  if (failedResponse(status, body).code === 'model-not-found') return false;
  return !/previous_response|(response|item|conversation|prompt|file|vector store|deployment)s? .{0,200}(not found|not exist)/is.test(`${kind} ${message}`);
}
