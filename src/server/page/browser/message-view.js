import { copyButton, make } from './dom.js';
import { codeFigure, MarkdownView } from './markdown-view.js';
import { describeFigures } from './reply-fold.js';

/**
 * @typedef {import('./conversation.js').AssistantMessage} AssistantMessage
 *
 * @typedef {object} MessageActions What can be done with the last message.
 * @property {() => void} regenerate
 * @property {(text: string) => void} edit
 * @property {() => void} sendResults
 * @property {() => void} save
 */

/** @type {Readonly<Record<string, string>>} */
const endings = {
  length: 'The reply was cut off: the most tokens it may have were reached.',
  content_filter: 'The reply was ended by a filter.',
};

/** What the user has said. The last one can be changed. */
export class UserMessageView {
  element = make('li', { className: 'message user' });
  #message;
  #actions;
  #editing = false;

  /**
   * @param {import('./conversation.js').UserMessage} message
   * @param {MessageActions} actions
   */
  constructor(message, actions) {
    this.#message = message;
    this.#actions = actions;
    this.update(false);
  }

  /** @param {boolean} editable */
  update(editable) {
    // What is being written must not be lost to what happens elsewhere.
    if (this.#editing) return;
    const { content } = this.#message;
    const edit = make('button', { type: 'button', className: 'quiet edit', onclick: () => this.edit() }, 'Edit');
    const buttons = make('div', { className: 'actions' }, copyButton(() => content, 'message'), ...(editable ? [edit] : []));
    this.element.classList.toggle('last', editable);
    this.element.replaceChildren(make('span', { className: 'hidden' }, 'You: '), make('div', { className: 'bubble' }, content), buttons);
  }

  edit() {
    if (this.#editing) return;
    this.#editing = true;
    const field = make('textarea', { value: this.#message.content, 'aria-label': 'Edit message' });
    const leave = () => {
      this.#editing = false;
      this.update(true);
    };
    const form = make(
      'form',
      {
        onsubmit: (/** @type {Event} */ event) => {
          event.preventDefault();
          if (field.value.trim() !== '') this.#actions.edit(field.value);
        },
        onkeydown: (/** @type {KeyboardEvent} */ event) => {
          if (event.key === 'Escape') {
            event.stopPropagation();
            leave();
          } else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            form.requestSubmit();
          }
        },
      },
      field,
      make('div', { className: 'row' }, make('span', { className: 'spring' }), make('button', { type: 'button', className: 'quiet', onclick: leave }, 'Cancel'), make('button', { className: 'primary' }, 'Send')),
    );
    this.element.replaceChildren(form);
    field.focus();
  }
}

/** A reply: what the model thought and called, folded, and what it said. */
export class AssistantMessageView {
  element = make('li', { className: 'message assistant' }, make('span', { className: 'hidden' }, 'Model: '));
  #message;
  #actions;
  #markdown = new MarkdownView();
  #thought = document.createTextNode('');
  #thinking = make('summary');
  #reasoning = make('details', { className: 'reasoning', hidden: true }, this.#thinking, make('div', { className: 'inside' }, this.#thought));
  #calls = make('div');
  #end = make('div');
  #shownCalls = '';

  /**
   * @param {AssistantMessage} message
   * @param {MessageActions} actions
   */
  constructor(message, actions) {
    this.#message = message;
    this.#actions = actions;
    this.element.append(this.#reasoning, this.#markdown.element, this.#calls, this.#end);
    this.update(false);
  }

  /** @param {boolean} isLast - whether it can be generated anew, and its calls be answered */
  update(isLast) {
    const { content, reasoning, toolCalls, state } = this.#message;
    const running = state === 'running';
    this.element.setAttribute('aria-busy', String(running));
    this.#reasoning.hidden = reasoning === '';
    if (this.#thought.length < reasoning.length) this.#thought.appendData(reasoning.slice(this.#thought.length));
    this.#thinking.textContent = running && content === '' && toolCalls.length === 0 ? 'Thinking…' : 'Reasoning';
    this.#markdown.update(content);
    this.#updateCalls(isLast && !running);
    this.#end.replaceChildren(...this.#ending(isLast));
  }

  /** @param {boolean} answerable */
  #updateCalls(answerable) {
    const { toolCalls } = this.#message;
    const shown = JSON.stringify([answerable, toolCalls.map(({ name, input }) => [name, input])]);
    // What is typed below a call must not be lost to an update.
    if (shown === this.#shownCalls) return;
    this.#shownCalls = shown;
    const open = Array.from(this.#calls.querySelectorAll('details'), (details) => details.open);
    this.#calls.replaceChildren(...toolCalls.map((call, index) => this.#callElement(call, answerable, open[index] ?? false)));
    if (answerable && toolCalls.length > 0) {
      this.#calls.append(make('button', { type: 'button', className: 'send-results', onclick: () => this.#actions.sendResults() }, 'Send results'));
    }
  }

  /**
   * @param {import('./conversation.js').ToolCall} call
   * @param {boolean} answerable
   * @param {boolean} open
   */
  #callElement(call, answerable, open) {
    const field = make('textarea', {
      rows: 3,
      value: call.result ?? '',
      onchange: () => {
        call.result = field.value;
        this.#actions.save();
      },
    });
    const result = answerable ? [make('label', {}, 'Result', field)] : call.result === undefined ? [] : [codeFigure(call.result, 'result')];
    return make(
      'details',
      { className: 'tool-call', open },
      make('summary', {}, 'Tool call ', make('code', {}, call.name || '…')),
      make('div', { className: 'inside' }, codeFigure(indented(call.input), 'arguments'), ...result),
    );
  }

  /** @param {boolean} isLast */
  #ending(isLast) {
    const message = this.#message;
    const { content, reasoning, toolCalls, state, failure, finishReason } = message;
    if (state === 'running') {
      const nothing = content === '' && reasoning === '' && toolCalls.length === 0;
      return [...(nothing ? [make('p', { className: 'waiting', 'aria-hidden': 'true' })] : []), this.#actionBar(false)];
    }
    const ending = state === 'stopped' ? 'Stopped.' : endings[finishReason ?? ''];
    const empty = state === 'done' && content === '' && toolCalls.length === 0 ? 'The model gave no answer.' : undefined;
    const note = ending ?? empty;
    return [...(note === undefined ? [] : [make('p', { className: 'note' }, note)]), ...(failure ? [failureElement(failure)] : []), this.#actionBar(isLast)];
  }

  /** @param {boolean} isLast */
  #actionBar(isLast) {
    const message = this.#message;
    const again = make('button', { type: 'button', className: 'quiet regenerate', onclick: () => this.#actions.regenerate() }, message.failure ? 'Try again' : 'Regenerate');
    const copy = message.content !== '' && message.state !== 'running' ? [copyButton(() => message.content, 'reply')] : [];
    return make('div', { className: 'actions' }, ...copy, ...(isLast ? [again] : []), make('span', { className: 'figures' }, describeFigures(message)));
  }
}

/** @param {import('./conversation.js').Failure} failure */
function failureElement({ message, code, retryAfterSeconds }) {
  const wait = retryAfterSeconds === undefined ? '' : ` Try again in ${retryAfterSeconds} s.`;
  const said = code === 'queue_full' ? `The server is busy: ${message}.` : message;
  return make('p', { className: 'problem' }, `${said}${wait} `, make('code', {}, code));
}

/** @param {string} json */
function indented(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
