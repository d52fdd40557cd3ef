import { ServerError } from './api.js';
import { newReply, requestMessages } from './conversation.js';
import { addChunk } from './reply-fold.js';

/**
 * @typedef {import('./conversation.js').Conversation} Conversation
 *
 * @typedef {object} ChatEvents What a chat tells of its conversation.
 * @property {(conversation: Conversation) => void} onBegin
 * @property {(conversation: Conversation) => void} onPiece - more of the last message has come
 * @property {(conversation: Conversation) => void} onEnd
 */

/** Has replies written into conversations, one at a time in each. */
export class Chat {
  #api;
  #settings;
  #events;
  /** @type {Map<Conversation, AbortController>} */
  #running = new Map();

  /**
   * @param {import('./api.js').Api} api
   * @param {import('./settings.js').Settings} settings
   * @param {ChatEvents} events
   */
  constructor(api, settings, events) {
    this.#api = api;
    this.#settings = settings;
    this.#events = events;
  }

  /** @param {Conversation} conversation */
  isRunning(conversation) {
    return this.#running.has(conversation);
  }

  /** @param {Conversation} conversation */
  stop(conversation) {
    this.#running.get(conversation)?.abort();
  }

  /**
   * Has the model go on after the last message. What goes wrong is in the reply.
   *
   * @param {Conversation} conversation
   */
  async reply(conversation) {
    if (this.isRunning(conversation)) return;
    const body = { messages: requestMessages(conversation.messages, this.#settings.system), ...this.#settings.requestFields };
    const reply = newReply();
    const controller = new AbortController();
    this.#running.set(conversation, controller);
    conversation.messages.push(reply);
    conversation.updatedAt = Date.now();
    this.#events.onBegin(conversation);
    const startMs = performance.now();
    try {
      await this.#api.streamChat(body, {
        signal: controller.signal,
        onChunk: (chunk) => {
          addChunk(reply, chunk, performance.now() - startMs);
          this.#events.onPiece(conversation);
        },
      });
      reply.state = 'done';
    } catch (error) {
      reply.state = controller.signal.aborted ? 'stopped' : 'failed';
      if (reply.state === 'failed') reply.failure = failureOf(error);
    } finally {
      this.#running.delete(conversation);
    }
    this.#events.onEnd(conversation);
  }
}

/**
 * @param {unknown} error
 * @returns {import('./conversation.js').Failure}
 */
function failureOf(error) {
  if (!(error instanceof ServerError)) return { message: `The page failed: ${error}`, code: 'page_failed' };
  const { message, code, retryAfterSeconds } = error;
  return { message, code, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
}
