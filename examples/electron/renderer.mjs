// The page. It has no Node: what it imports runs in any browser.
import { connectPort, TramontaneError } from 'tramontane/port';
import { Chat } from './chat.mjs';

/** @template {HTMLElement} Kind @param {string} id @param {new () => Kind} kind */
function element(id, kind) {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${id}`);
}

const form = element('ask', HTMLFormElement);
const question = element('question', HTMLInputElement);
const stop = element('stop', HTMLButtonElement);
const state = element('state', HTMLParagraphElement);
const answer = element('answer', HTMLPreElement);
/** @type {Chat | undefined} */
let chat;

/** @param {unknown} error */
function describe(error) {
  return TramontaneError.isInstance(error) ? `${error.code}: ${error.message}` : String(error);
}

window.addEventListener('message', async ({ data, source, ports: [port] }) => {
  // From our own preload script, not from a frame.
  if (source !== window || data !== 'model-port' || !port) return;
  try {
    const model = await connectPort(port);
    chat = new Chat(model);
    state.textContent = model.info.model;
  } catch (error) {
    state.textContent = describe(error);
  }
});

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (!chat) return;
  answer.textContent = '';
  stop.disabled = false;
  try {
    state.textContent = await chat.ask(question.value, (delta) => answer.append(delta));
  } catch (error) {
    // The text so far stays on the page.
    state.textContent = describe(error);
  }
  stop.disabled = true;
});

stop.addEventListener('click', () => chat?.stop());
