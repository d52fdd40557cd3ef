import { attempt } from './attempt.js';
import { readEventData } from './event-data.js';

/** What the server has answered instead of what was asked for, or that it could not be reached. */
export class ServerError extends Error {
  /**
   * @param {string} message
   * @param {{ status?: number, code: string, retryAfterSeconds?: number | undefined }} details
   */
  constructor(message, { status = 0, code, retryAfterSeconds }) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The server that this page came from. */
export class Api {
  #root;
  #keys;

  /**
   * @param {URL} root - what `v1/…` is relative to
   * @param {{ current: string | undefined, ask: (refused: string | undefined) => Promise<string | undefined> }} keys - asked
   *   when the server wants one; nothing where the user does not give one
   */
  constructor(root, keys) {
    this.#root = root;
    this.#keys = keys;
  }

  /** @returns {Promise<string[]>} */
  async listModels() {
    const list = await this.#json(await this.#fetch('v1/models', {}));
    return list.data.map((/** @type {{ id: string }} */ { id }) => id);
  }

  /**
   * Streams a chat completion. Aborting the signal closes the connection, which frees the sequence.
   *
   * @param {Record<string, unknown>} body
   * @param {{ signal: AbortSignal, onChunk: (chunk: import('./reply-fold.js').Chunk) => void }} options
   * @throws {ServerError | DOMException} The latter where it was aborted.
   */
  async streamChat(body, { signal, onChunk }) {
    const response = await this.#fetch('v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, stream: true, stream_options: { include_usage: true } }),
      signal,
    });
    let whole = false;
    try {
      if (response.body) {
        await readEventData(response.body, (data) => {
          if (data === '[DONE]') whole = true;
          else onChunk(chunkOf(data));
        });
      }
    } catch (error) {
      if (signal.aborted || error instanceof ServerError) throw error;
      throw new ServerError('The connection to the server broke off.', { code: 'connection_lost' });
    }
    if (!whole) throw new ServerError('The answer broke off before its end.', { code: 'incomplete' });
  }

  /**
   * @param {string} path
   * @param {RequestInit} init
   */
  async #fetch(path, init) {
    for (;;) {
      const key = this.#keys.current;
      const response = await send(new URL(path, this.#root), { ...init, headers: { ...init.headers, ...(key && { authorization: `Bearer ${key}` }) } });
      if (response.ok) return response;
      const failure = await errorOf(response);
      if (failure.status !== 401) throw failure;
      // Another request may have brought a new one meanwhile.
      if (this.#keys.current === key && (await this.#keys.ask(key)) === undefined) throw failure;
      init.signal?.throwIfAborted();
    }
  }

  /** @param {Response} response */
  async #json(response) {
    return response.json().catch(() => {
      throw new ServerError('The server has answered with something else than JSON.', { code: 'invalid_answer' });
    });
  }
}

/**
 * @param {URL} url
 * @param {RequestInit} init
 */
async function send(url, init) {
  try {
    return await fetch(url, { ...init, cache: 'no-store', credentials: 'same-origin' });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ServerError('The server cannot be reached.', { code: 'unreachable' });
  }
}

/** @param {Response} response */
async function errorOf(response) {
  const { error } = await response.json().catch(() => ({}));
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ServerError(error?.message ?? `The server has answered with status ${response.status}.`, {
    status: response.status,
    code: error?.code ?? String(response.status),
    retryAfterSeconds: Number.isFinite(seconds) ? seconds : undefined,
  });
}

/**
 * @param {string} data
 * @returns {import('./reply-fold.js').Chunk}
 */
function chunkOf(data) {
  const chunk = attempt(() => JSON.parse(data));
  if (typeof chunk !== 'object' || chunk === null) throw new ServerError('The answer cannot be read.', { code: 'invalid_answer' });
  if (chunk.error) throw new ServerError(String(chunk.error.message ?? 'The server failed.'), { code: String(chunk.error.code ?? 'error') });
  return chunk;
}
