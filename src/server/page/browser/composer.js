import { byId } from './dom.js';

/** Where messages are written. While a reply comes, the button beside it stops it. */
export class Composer {
  #field = byId('prompt', HTMLTextAreaElement);
  #send = byId('send', HTMLButtonElement);
  #stop = byId('stop', HTMLButtonElement);
  #actions;

  /** @param {{ send: (text: string) => void, stop: () => void, editLast: () => void }} actions */
  constructor(actions) {
    this.#actions = actions;
    const form = byId('composer', HTMLFormElement);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#stop.addEventListener('click', () => {
      actions.stop();
      this.focus();
    });
    this.#field.addEventListener('input', () => this.#fit());
    this.#field.addEventListener('keydown', (event) => {
      // While an input method composes, Enter takes its suggestion.
      if (event.isComposing) return;
      if (event.key === 'Enter' && !event.shiftKey) {
        event.preventDefault();
        this.#submit();
      } else if (event.key === 'ArrowUp' && this.#field.value === '') {
        event.preventDefault();
        actions.editLast();
      }
    });
    this.setRunning(false);
  }

  focus() {
    this.#field.focus();
  }

  /** @param {boolean} running */
  setRunning(running) {
    this.#send.hidden = running;
    this.#stop.hidden = !running;
  }

  #submit() {
    const text = this.#field.value;
    if (text.trim() === '' || this.#send.hidden) return;
    this.#field.value = '';
    this.#fit();
    this.#actions.send(text);
  }

  #fit() {
    this.#field.style.height = 'auto';
    this.#field.style.height = `${this.#field.scrollHeight}px`;
  }
}
