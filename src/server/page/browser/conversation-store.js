import { attempt } from './attempt.js';

/** @typedef {import('./conversation.js').Conversation} Conversation */

const prefix = 'tramontane.conversation.';

/** The conversations of this browser, each under a key of its own, so that two tabs do not undo each other's. */
export class ConversationStore {
  /**
   * All that there are, the latest first. A reply that runs is one whose page is gone.
   *
   * @returns {Conversation[]}
   */
  load() {
    const keys = attempt(() => Object.keys(localStorage)) ?? [];
    const all = keys.filter((key) => key.startsWith(prefix)).flatMap((key) => parse(attempt(() => localStorage.getItem(key))) ?? []);
    for (const message of all.flatMap(({ messages }) => messages)) {
      if (message.role === 'assistant' && message.state === 'running') message.state = 'stopped';
    }
    return all.toSorted(latestFirst);
  }

  /**
   * @param {Conversation} conversation
   * @returns {boolean} Whether there was room for it.
   */
  save(conversation) {
    return attempt(() => localStorage.setItem(`${prefix}${conversation.id}`, JSON.stringify(conversation)) ?? true) ?? false;
  }

  /** @param {Conversation} conversation */
  remove({ id }) {
    attempt(() => localStorage.removeItem(`${prefix}${id}`));
  }

  /**
   * Calls back with what another tab has changed; without the conversation where it was removed.
   *
   * @param {(id: string, conversation: Conversation | undefined) => void} onChange
   */
  watch(onChange) {
    addEventListener('storage', ({ key, newValue }) => {
      if (key?.startsWith(prefix)) onChange(key.slice(prefix.length), parse(newValue));
    });
  }
}

/**
 * How conversations are ordered.
 *
 * @param {Conversation} a
 * @param {Conversation} b
 */
export function latestFirst(a, b) {
  return b.updatedAt - a.updatedAt;
}

/**
 * @param {string | null | undefined} json
 * @returns {Conversation | undefined} Nothing for what some other program has left there.
 */
function parse(json) {
  const conversation = attempt(() => JSON.parse(json ?? 'null'));
  return typeof conversation?.id === 'string' && Array.isArray(conversation.messages) ? conversation : undefined;
}
