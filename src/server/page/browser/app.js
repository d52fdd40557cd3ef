import { Api } from './api.js';
import { Chat } from './chat.js';
import { Composer } from './composer.js';
import { ConversationList } from './conversation-list.js';
import { ConversationStore, latestFirst } from './conversation-store.js';
import { newConversation } from './conversation.js';
import { byId } from './dom.js';
import { KeyDialog } from './key-dialog.js';
import { ModelSelect } from './model-select.js';
import { Settings } from './settings.js';
import { Transcript } from './transcript.js';

/** @typedef {import('./conversation.js').Conversation} Conversation */

/** How often a reply that comes is kept. */
const saveEveryMs = 500;
/** How much of a reply is read out. */
const longestAnnouncement = 1000;

const status = byId('status', HTMLParagraphElement);
const notice = byId('notice', HTMLParagraphElement);
const settings = new Settings();
const models = new ModelSelect(settings);
const api = new Api(new URL(document.documentElement.dataset['root'] ?? './', document.baseURI), new KeyDialog());
const store = new ConversationStore();
let conversations = store.load();
/** @type {Conversation} */
let current = conversations[0] ?? newConversation();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let saveTimer;
/** Those that were deleted while a reply was written into them. @type {WeakSet<Conversation>} */
const forgotten = new WeakSet();

const chat = new Chat(api, settings, {
  onBegin(conversation) {
    save(conversation);
    show();
    transcript.scrollToEnd();
    announce('The model is answering.');
  },
  onPiece(conversation) {
    saveTimer ??= setTimeout(() => save(conversation), saveEveryMs);
    if (conversation === current) transcript.updateLastSoon();
  },
  onEnd(conversation) {
    save(conversation);
    show();
    if (conversation === current) announce(outcomeOf(conversation));
    // The first time, the server may have been out of reach, or the key not at hand.
    if (!models.known && !lastReplyOf(conversation)?.failure) void listModels();
  },
});

const transcript = new Transcript({
  regenerate() {
    if (chat.isRunning(current)) return;
    current.messages.pop();
    void chat.reply(current);
    composer.focus();
  },
  edit(content) {
    if (chat.isRunning(current)) return;
    current.messages.splice(current.messages.findLastIndex(({ role }) => role === 'user'), Infinity, { role: 'user', content });
    void chat.reply(current);
    composer.focus();
  },
  sendResults() {
    void chat.reply(current);
    composer.focus();
  },
  save: () => save(current),
});

const composer = new Composer({
  send(content) {
    current.messages.push({ role: 'user', content });
    void chat.reply(current);
  },
  stop: () => chat.stop(current),
  editLast() {
    if (!chat.isRunning(current)) transcript.editLast();
  },
});

const list = new ConversationList({
  open(id) {
    current = conversations.find((conversation) => conversation.id === id) ?? current;
    show();
    transcript.scrollToEnd();
    composer.focus();
  },
  remove(id) {
    const conversation = conversations.find((candidate) => candidate.id === id);
    if (conversation && confirm('Delete this conversation?')) forget(conversation);
  },
  start() {
    current = newConversation();
    show();
    composer.focus();
  },
});

store.watch((id, changed) => {
  const known = conversations.find((conversation) => conversation.id === id);
  // Who has a reply written into it here knows best.
  if (known && chat.isRunning(known)) return;
  conversations = [...(changed ? [changed] : []), ...conversations.filter((conversation) => conversation !== known)].toSorted(latestFirst);
  if (current.id === id) current = changed ?? newConversation();
  show();
});

addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !event.defaultPrevented && !document.querySelector('dialog[open]')) chat.stop(current);
});
addEventListener('pagehide', () => {
  for (const conversation of conversations) {
    if (!chat.isRunning(conversation)) continue;
    save(conversation);
    // The browser would end the request by itself, and make it look like the server's fault.
    chat.stop(conversation);
  }
});

show();
composer.focus();
void listModels();

function show() {
  transcript.show(current.messages);
  list.show(conversations, current.id);
  composer.setRunning(chat.isRunning(current));
}

/** @param {Conversation} conversation */
function save(conversation) {
  clearTimeout(saveTimer);
  saveTimer = undefined;
  if (forgotten.has(conversation)) return;
  if (!conversations.includes(conversation)) conversations = [conversation, ...conversations];
  conversations = conversations.toSorted(latestFirst);
  notice.hidden = store.save(conversation);
}

/** @param {Conversation} conversation */
function forget(conversation) {
  forgotten.add(conversation);
  chat.stop(conversation);
  conversations = conversations.filter((other) => other !== conversation);
  store.remove(conversation);
  if (current === conversation) current = conversations[0] ?? newConversation();
  show();
}

async function listModels() {
  // What went wrong shows when something is asked.
  models.show(await api.listModels().catch(() => []));
}

/**
 * What is read out when a reply is over, once, instead of each of its pieces.
 *
 * @param {Conversation} conversation
 */
function outcomeOf(conversation) {
  const reply = lastReplyOf(conversation);
  if (!reply) return '';
  if (reply.failure) return `The reply failed: ${reply.failure.message}`;
  const calls = reply.toolCalls.length > 0 ? ` Tools called: ${reply.toolCalls.map(({ name }) => name).join(', ')}.` : '';
  return `${reply.state === 'stopped' ? 'Stopped.' : 'The model has answered.'}${calls} ${reply.content.slice(0, longestAnnouncement)}`;
}

/** @param {Conversation} conversation */
function lastReplyOf({ messages }) {
  const last = messages.at(-1);
  return last?.role === 'assistant' ? last : undefined;
}

/** @param {string} text */
function announce(text) {
  status.textContent = text;
}
