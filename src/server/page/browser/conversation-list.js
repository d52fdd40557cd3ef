import { titleOf } from './conversation.js';
import { byId, make } from './dom.js';

/** The conversations at the side; on narrow screens they are behind a button. */
export class ConversationList {
  #list = byId('conversations', HTMLUListElement);
  #opener = byId('open-sidebar', HTMLButtonElement);
  #actions;

  /** @param {{ open: (id: string) => void, remove: (id: string) => void, start: () => void }} actions */
  constructor(actions) {
    this.#actions = actions;
    byId('new-chat', HTMLButtonElement).addEventListener('click', () => {
      this.fold();
      actions.start();
    });
    this.#opener.addEventListener('click', () => this.#unfold());
    byId('shade', HTMLDivElement).addEventListener('click', () => this.fold());
    document.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !document.body.classList.contains('sidebar')) return;
      event.preventDefault();
      this.fold();
      this.#opener.focus();
    });
  }

  /**
   * @param {readonly import('./conversation.js').Conversation[]} conversations
   * @param {string} currentId
   */
  show(conversations, currentId) {
    this.#list.replaceChildren(...conversations.map((conversation) => this.#item(conversation, conversation.id === currentId)));
  }

  /** Hides it where it covers the conversation. */
  fold() {
    document.body.classList.remove('sidebar');
    this.#opener.setAttribute('aria-expanded', 'false');
  }

  #unfold() {
    document.body.classList.add('sidebar');
    this.#opener.setAttribute('aria-expanded', 'true');
    byId('new-chat', HTMLButtonElement).focus();
  }

  /**
   * @param {import('./conversation.js').Conversation} conversation
   * @param {boolean} current
   */
  #item(conversation, current) {
    const { id } = conversation;
    const title = titleOf(conversation);
    const open = () => {
      this.fold();
      this.#actions.open(id);
    };
    return make(
      'li',
      { className: current ? 'current' : '' },
      make('button', { type: 'button', className: 'open', title, onclick: open, ...(current && { 'aria-current': 'true' }) }, title),
      make('button', { type: 'button', className: 'remove', 'aria-label': `Delete ${title}`, onclick: () => this.#actions.remove(id) }, '×'),
    );
  }
}
