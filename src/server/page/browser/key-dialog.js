import { attempt } from './attempt.js';
import { byId } from './dom.js';

const stored = 'tramontane.key';

/** The key that the server asks for, kept until the tab is closed. */
export class KeyDialog {
  #dialog = byId('key', HTMLDialogElement);
  #opener = byId('open-key', HTMLButtonElement);
  #problem = byId('key-problem', HTMLParagraphElement);
  #field = /** @type {HTMLInputElement} */ (this.#dialog.querySelector('input'));
  /** @type {Promise<string | undefined> | undefined} */
  #asked;
  /** @type {string | undefined} */
  current = attempt(() => sessionStorage.getItem(stored)) ?? undefined;

  constructor() {
    this.#opener.hidden = this.current === undefined;
    this.#opener.addEventListener('click', () => void this.ask(undefined));
    byId('cancel-key', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
  }

  /**
   * Asks for a key, once for all who wait for it.
   *
   * @param {string | undefined} refused - the one that the server did not take
   * @returns {Promise<string | undefined>} Nothing where none was given.
   */
  async ask(refused) {
    this.#asked ??= this.#ask(refused).finally(() => (this.#asked = undefined));
    return this.#asked;
  }

  /** @param {string | undefined} refused */
  async #ask(refused) {
    this.#problem.hidden = refused === undefined;
    this.#opener.hidden = false;
    this.#field.value = '';
    // What was pressed the last time stays there otherwise, and Escape would count as that.
    this.#dialog.returnValue = '';
    this.#dialog.showModal();
    this.#field.focus();
    await new Promise((resolve) => this.#dialog.addEventListener('close', resolve, { once: true }));
    const key = this.#field.value.trim();
    this.#field.value = '';
    if (this.#dialog.returnValue !== 'use' || key === '') return undefined;
    this.current = key;
    attempt(() => sessionStorage.setItem(stored, key));
    return key;
  }
}
