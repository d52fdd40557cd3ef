import { closestName } from '../../request/closest-name.ts';
import { optionValue } from '../arguments/option-value.ts';
import { CommandError } from '../command-error.ts';
import { replyOptions } from '../reply/reply-options.ts';
import type { Conversation } from './conversation.ts';
import { loadChat, saveChat } from './saved-chat.ts';

/** What commands within a chat work on. */
export interface ChatState {
  readonly model: string;
  readonly conversation: Conversation;
  /** How replies are generated, by the library's names. */
  readonly settings: Record<string, unknown>;
  /** Tells the person something that is no part of the conversation. */
  say(text: string): void;
}

/** What follows a command: the next line, a reply to `ask`, or the end. */
export type ChatStep = { readonly next: 'line' } | { readonly next: 'reply'; readonly ask: string } | { readonly next: 'exit' };

interface ChatCommand {
  readonly usage: string;
  readonly help: string;
  run(state: ChatState, argument: string): Promise<ChatStep> | ChatStep;
}

const line: ChatStep = { next: 'line' };

const table: Readonly<Record<string, ChatCommand>> = {
  help: {
    usage: '',
    help: 'this list',
    run({ say }) {
      const rows = Object.entries(table).map(([name, { usage, help }]) => `  ${`/${name} ${usage}`.padEnd(20)}${help}`);
      const more = ['  \\ at the end of a line continues it in the next; """ begins and ends many lines', '  Ctrl-C stops a reply; twice at the prompt, or Ctrl-D, it leaves'];
      say([...rows, ...more].join('\n'));
      return line;
    },
  },
  reset: {
    usage: '',
    help: 'forget the conversation; the instructions stay',
    run({ conversation, say }) {
      conversation.reset();
      say('the conversation begins anew');
      return line;
    },
  },
  system: {
    usage: '[TEXT]',
    help: 'show the instructions, or set them; "/system none" takes them away',
    run({ conversation, say }, text) {
      if (text !== '') conversation.system = text === 'none' ? '' : text;
      say(conversation.system === '' ? 'there are no instructions' : `instructions: ${conversation.system}`);
      return line;
    },
  },
  show: {
    usage: '',
    help: 'show the conversation so far',
    run({ conversation: { messages }, say }) {
      say(messages.length === 0 ? 'nothing was said yet' : messages.map(({ role, content }) => `${role}: ${content}`).join('\n'));
      return line;
    },
  },
  retry: {
    usage: '',
    help: 'have the last message answered again',
    run({ conversation }) {
      const ask = conversation.undo();
      if (ask === undefined) throw CommandError.usage('there is nothing to answer again yet');
      return { next: 'reply', ask };
    },
  },
  undo: {
    usage: '',
    help: 'take back the last message and its reply',
    run({ conversation, say }) {
      const text = conversation.undo();
      say(text === undefined ? 'there is nothing to take back' : `taken back: ${text}`);
      return line;
    },
  },
  set: {
    usage: '[OPTION VALUE]',
    help: 'show how replies are chosen, or change it: /set temperature 0.2',
    run({ settings, say }, argument) {
      const [name = '', ...rest] = argument.split(/\s+/);
      if (name !== '') setOption(settings, name, rest.join(' '));
      const set = Object.entries(replyOptions).filter(([, { field }]) => settings[field] !== undefined);
      say(set.length === 0 ? 'all as by default' : set.map(([option, { field }]) => `${option} ${String(settings[field])}`).join('\n'));
      return line;
    },
  },
  save: {
    usage: 'FILE',
    help: 'write the conversation to a file',
    async run({ model, conversation: { messages }, say }, file) {
      if (file === '') throw CommandError.usage('which file? /save FILE');
      await saveChat(file, model, messages);
      say(`${messages.length} messages are in ${file}`);
      return line;
    },
  },
  load: {
    usage: 'FILE',
    help: 'go on with a conversation that /save has written',
    async run({ conversation, say }, file) {
      if (file === '') throw CommandError.usage('which file? /load FILE');
      const messages = await loadChat(file);
      conversation.replace(messages);
      say(`${messages.length} messages came from ${file}; /show shows them`);
      return line;
    },
  },
  exit: { usage: '', help: 'leave; so does /quit', run: () => ({ next: 'exit' }) },
};
const aliases: Readonly<Record<string, string>> = { quit: 'exit', bye: 'exit', clear: 'reset', '?': 'help' };

/** The commands as they are typed, for Tab to complete. */
export const chatCommandWords: readonly string[] = Object.keys(table).map((name) => `/${name}`);

/**
 * Runs what begins with a slash.
 *
 * @throws {CommandError} Where there is no such command, or it cannot be done; the chat goes on.
 */
export async function runChatCommand(state: ChatState, text: string): Promise<ChatStep> {
  const [, typed = '', argument = ''] = /^\/(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  const name = Object.hasOwn(aliases, typed) ? (aliases[typed] ?? '') : typed;
  const command = Object.hasOwn(table, name) ? table[name] : undefined;
  if (command) return command.run(state, argument.trim());
  const closest = closestName(name, Object.keys(table)) || 'help';
  throw CommandError.usage(`there is no /${typed}; did you mean /${closest}? A message that begins with a slash is written with two`);
}

function setOption(settings: Record<string, unknown>, name: string, text: string): void {
  const spec = Object.hasOwn(replyOptions, name) ? replyOptions[name as keyof typeof replyOptions] : undefined;
  if (!spec) throw CommandError.usage(`there is no option ${name}; did you mean ${closestName(name, Object.keys(replyOptions))}?`);
  if (text === '' || text === 'default') {
    delete settings[spec.field];
    return;
  }
  const value = optionValue(spec, name, text);
  settings[spec.field] = spec.kind === 'texts' ? [value] : value;
}
