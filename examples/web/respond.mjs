// What the servers in this folder have in common: a stream as a web Response with the status that it deserves.
import { TramontaneError } from 'tramontane';

/**
 * Waits for the first part, so that what fails before it (a full queue, a bad request, a deadline) is a status and not the
 * last event of a response that began with 200.
 *
 * @param {import('tramontane').GenerationStream} stream
 * @param {import('tramontane').StreamResponseOptions} [options]
 * @returns {Promise<Response>}
 */
export async function respond(stream, options) {
  const [first, answer] = stream.tee();
  try {
    for await (const _ of first) break;
    return answer.toResponse(options);
  } catch (error) {
    return failure(error);
  }
}

/** @type {Readonly<Partial<Record<import('tramontane').ErrorCode, number>>>} */
const statuses = {
  'invalid-argument': 400,
  'context-overflow': 400,
  'queue-full': 429,
  'deadline-exceeded': 503,
  closed: 503,
  'first-token-timeout': 504,
};

/** @param {unknown} error */
function failure(error) {
  if (!TramontaneError.isInstance(error)) throw error;
  const { code, message, field, retryAfterMs } = error;
  // Whole seconds, as the header has no other unit.
  const headers = retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) };
  return Response.json({ error: { code, message, field } }, { status: statuses[code] ?? 500, headers });
}
