import { createHash } from 'node:crypto';
import { createWriteStream, rmSync } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Longest wait for the hub's first answer, in milliseconds. Someone behind a closed door should not wait longer to learn it. */
const REACH_MS = 5_000;
/** Longest silence within a download, in milliseconds. */
const IDLE_MS = 60_000;

/**
 * @typedef {object} HubFile
 * @property {string} repo `owner/name`
 * @property {string} revision A commit, so that the file cannot change.
 * @property {string} fileName
 */

/**
 * @param {HubFile} file
 * @param {string} endpoint
 */
function urlOf({ repo, revision, fileName }, endpoint) {
  return `${endpoint.replace(/\/+$/, '')}/${repo}/resolve/${revision}/${fileName}`;
}

/**
 * Asks, with a short limit, whether the hub answers and has the file.
 *
 * @param {HubFile} file
 * @param {string} endpoint
 * @returns {Promise<string | null>} Null if it can be had, else why not.
 */
export async function whyUnreachable(file, endpoint) {
  const url = urlOf(file, endpoint);
  try {
    // The hub redirects to its store; that it does is answer enough.
    const response = await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(REACH_MS) });
    return response.status < 400 ? null : `${url} answers ${response.status}`;
  } catch (error) {
    return `${new URL(url).host} cannot be reached (${reasonOf(error)})`;
  }
}

/**
 * Downloads the file and hashes it on the way.
 *
 * @param {HubFile} file
 * @param {string} endpoint
 * @param {string} to Overwritten; removed when the download breaks off.
 * @param {(bytes: number) => void} onBytes Told the sum so far.
 * @returns {Promise<string>} The SHA-256, in hexadecimal.
 * @throws {Error} When the server refuses, or is silent for a minute.
 */
export async function downloadFromHub(file, endpoint, to, onBytes) {
  const url = urlOf(file, endpoint);
  const silence = new AbortController();
  const listen = () => setTimeout(() => silence.abort(new Error(`nothing came for ${IDLE_MS / 1000} s`)), IDLE_MS);
  let idle = listen();
  try {
    const response = await fetch(url, { signal: silence.signal });
    if (!response.ok || !response.body) throw new Error(`${url} answers ${response.status}`);
    const hash = createHash('sha256');
    let bytes = 0;
    const meter = new Transform({
      transform(chunk, _encoding, done) {
        clearTimeout(idle);
        idle = listen();
        hash.update(chunk);
        bytes += chunk.length;
        onBytes(bytes);
        done(null, chunk);
      },
    });
    const body = /** @type {import('node:stream/web').ReadableStream<Uint8Array>} */ (response.body);
    await pipeline(Readable.fromWeb(body), meter, createWriteStream(to), { signal: silence.signal });
    return hash.digest('hex');
  } catch (error) {
    rmSync(to, { force: true });
    throw new Error(silence.signal.aborted ? String(silence.signal.reason.message) : reasonOf(error), { cause: error });
  } finally {
    clearTimeout(idle);
  }
}

/** @param {unknown} error */
function reasonOf(error) {
  // fetch hides the reason ("fetch failed") in the cause.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
}
