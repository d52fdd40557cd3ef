import { byId, make } from './dom.js';

/** The model that answers, of those that the server has. */
export class ModelSelect {
  #select = byId('model', HTMLSelectElement);
  #settings;
  /** Whether the server has told which models there are. */
  known = false;

  /** @param {import('./settings.js').Settings} settings - where the choice is kept */
  constructor(settings) {
    this.#settings = settings;
    this.#select.addEventListener('change', () => (settings.model = this.#select.value));
    this.show([]);
  }

  /**
   * Shows these models. One that was chosen and is gone is chosen no more.
   *
   * @param {readonly string[]} models
   */
  show(models) {
    // With several, the server says which one is meant when none is named.
    const choices = models.length === 1 ? models : ['', ...models];
    this.#select.replaceChildren(...choices.map((model) => make('option', { value: model }, model || 'Default model')));
    this.known = models.length > 0;
    if (!this.known) return;
    if (!choices.includes(this.#settings.model)) this.#settings.model = choices[0] ?? '';
    this.#select.value = this.#settings.model;
  }
}
