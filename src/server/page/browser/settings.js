import { attempt } from './attempt.js';
import { byId } from './dom.js';

const stored = 'tramontane.settings';
const numbers = ['temperature', 'top_p', 'top_k', 'min_p', 'repetition_penalty', 'max_completion_tokens', 'seed'];

/** What a person has set: the model, the system prompt, how tokens are chosen. Kept in this browser. */
export class Settings {
  #dialog = byId('settings', HTMLDialogElement);
  #form = /** @type {HTMLFormElement} */ (this.#dialog.querySelector('form'));
  #problem = byId('settings-problem', HTMLParagraphElement);
  /** @type {Record<string, string>} */
  #values = readStored();

  constructor() {
    byId('open-settings', HTMLButtonElement).addEventListener('click', () => this.#open());
    byId('reset-settings', HTMLButtonElement).addEventListener('click', () => {
      for (const field of this.#fields()) field.value = '';
    });
    this.#form.addEventListener('submit', (event) => {
      const problem = toolsProblem(this.#field('tools').value);
      this.#problem.hidden = problem === undefined;
      this.#problem.textContent = problem ?? '';
      if (problem === undefined) this.#keep();
      else event.preventDefault();
    });
  }

  get system() {
    return this.#values['system'] ?? '';
  }

  get model() {
    return this.#values['model'] ?? '';
  }

  set model(name) {
    this.#values['model'] = name;
    this.#store();
  }

  /** The fields of a request that were set. */
  get requestFields() {
    const set = numbers.filter((name) => this.#values[name]).map((name) => [name, Number(this.#values[name])]);
    const tools = this.#values['tools']?.trim() ? JSON.parse(this.#values['tools']) : [];
    return { ...Object.fromEntries(set), ...(this.model && { model: this.model }), ...(tools.length > 0 && { tools }) };
  }

  #open() {
    this.#problem.hidden = true;
    for (const field of this.#fields()) field.value = this.#values[field.name] ?? '';
    this.#dialog.showModal();
  }

  #keep() {
    for (const field of this.#fields()) this.#values[field.name] = field.value;
    this.#store();
  }

  #store() {
    attempt(() => localStorage.setItem(stored, JSON.stringify(this.#values)));
  }

  #fields() {
    return ['system', 'tools', ...numbers].map((name) => this.#field(name));
  }

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLInputElement | HTMLTextAreaElement} */ (this.#form.elements.namedItem(name));
  }
}

/** @returns {Record<string, string>} */
function readStored() {
  const values = attempt(() => JSON.parse(localStorage.getItem(stored) ?? '{}')) ?? {};
  const texts = Object.fromEntries(Object.entries(values).filter(([, value]) => typeof value === 'string'));
  return toolsProblem(texts['tools'] ?? '') === undefined ? texts : { ...texts, tools: '' };
}

/** @param {string} text */
function toolsProblem(text) {
  if (text.trim() === '') return undefined;
  const tools = attempt(() => JSON.parse(text));
  return Array.isArray(tools) ? undefined : 'Tools have to be a JSON array.';
}
