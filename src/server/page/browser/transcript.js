import { byId } from './dom.js';
import { AssistantMessageView, UserMessageView } from './message-view.js';

/** @typedef {import('./conversation.js').Message} Message */

/** How far from its end a conversation may be scrolled and still follow what comes, in pixels. */
const nearPx = 80;

/** The messages of the conversation that is shown. */
export class Transcript {
  #scroller = byId('scroller', HTMLDivElement);
  #list = byId('messages', HTMLOListElement);
  #empty = byId('empty', HTMLElement);
  #toEnd = byId('to-end', HTMLButtonElement);
  #actions;
  /** @type {Map<Message, UserMessageView | AssistantMessageView>} */
  #views = new Map();
  /** @type {readonly Message[]} */
  #messages = [];
  #follows = true;
  #frame = 0;

  /** @param {import('./message-view.js').MessageActions} actions */
  constructor(actions) {
    this.#actions = actions;
    this.#toEnd.addEventListener('click', () => this.scrollToEnd());
    this.#scroller.addEventListener('scroll', () => {
      this.#follows = this.#distance() < nearPx;
      this.#toEnd.hidden = this.#follows;
    });
    new ResizeObserver(() => this.#follow()).observe(this.#list);
  }

  /**
   * Shows these messages; those that were shown already stay as they are.
   *
   * @param {readonly Message[]} messages
   */
  show(messages) {
    const views = new Map(messages.map((message) => [message, this.#views.get(message) ?? this.#viewOf(message)]));
    for (const [message, view] of this.#views) if (!views.has(message)) view.element.remove();
    this.#views = views;
    this.#messages = messages;
    for (const { element } of views.values()) if (!element.isConnected) this.#list.append(element);
    this.#empty.hidden = messages.length > 0;
    this.#toEnd.hidden = this.#follows || messages.length === 0;
    this.update();
  }

  /** Brings what has changed in the messages to the screen at once. */
  update() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const running = this.#messages.some((message) => message.role === 'assistant' && message.state === 'running');
    const lastUser = this.#messages.findLast(({ role }) => role === 'user');
    for (const [message, view] of this.#views) {
      if (view instanceof UserMessageView) view.update(!running && message === lastUser);
      else view.update(message === this.#messages.at(-1));
    }
    this.#follow();
  }

  /** Brings what has changed in the last message to the screen with its next picture. */
  updateLastSoon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      const last = this.#messages.at(-1);
      const view = last && this.#views.get(last);
      if (view instanceof AssistantMessageView) view.update(true);
      this.#follow();
    });
  }

  /** Changes the last message of the user, if there is one. */
  editLast() {
    const last = this.#messages.findLast(({ role }) => role === 'user');
    const view = last && this.#views.get(last);
    if (view instanceof UserMessageView) view.edit();
  }

  scrollToEnd() {
    this.#follows = true;
    this.#follow();
  }

  #follow() {
    if (this.#follows) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #distance() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight;
  }

  /** @param {Message} message */
  #viewOf(message) {
    return message.role === 'user' ? new UserMessageView(message, this.#actions) : new AssistantMessageView(message, this.#actions);
  }
}
