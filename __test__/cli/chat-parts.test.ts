import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runChatCommand } from '../../src/cli/chat/chat-commands.ts';
import type { ChatState } from '../../src/cli/chat/chat-commands.ts';
import { Conversation } from '../../src/cli/chat/conversation.ts';
import { LineHistory, historyFile } from '../../src/cli/chat/line-history.ts';
import { MessageLines } from '../../src/cli/chat/message-lines.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

function messagesOf(...lines: string[]) {
  const assembler = new MessageLines();
  const messages = lines.map((line) => assembler.add(line)).filter((message) => message !== null);
  return { messages, open: assembler.open };
}

describe('lines become messages', () => {
  it.each([
    [['one', 'two'], ['one', 'two']],
    [['one\\', 'two'], ['one\ntwo']],
    [['a backslash \\\\', 'two'], ['a backslash \\\\', 'two']],
    [['"""', 'one', '', 'two', '"""', 'three'], ['one\n\ntwo', 'three']],
    [['"""one', 'two"""'], ['one\ntwo']],
    [['"""one"""'], ['one']],
    [['"""', 'ends in \\', '"""'], ['ends in \\']],
  ])('%j', (lines, messages) => {
    expect(messagesOf(...lines)).toEqual({ messages, open: false });
  });

  it('stay open until they end, and can be had before', () => {
    expect(messagesOf('"""', 'one')).toEqual({ messages: [], open: true });
    const lines = new MessageLines();
    lines.add('one\\');
    expect(lines.take()).toBe('one');
    expect(lines.open).toBe(false);
  });
});

function chatWith(messages: ConstructorParameters<typeof Array>[0][] = []) {
  const conversation = new Conversation();
  conversation.replace(messages as never);
  const said: string[] = [];
  const state: ChatState = { model: 'test', conversation, settings: {}, say: (text) => void said.push(text) };
  return { state, conversation, said };
}
const turns = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: 'Hello!' },
  { role: 'user', content: 'Bye' },
  { role: 'assistant', content: 'Goodbye!' },
];

describe('a command in a chat', () => {
  const folder = scratchFolder();

  it('/undo takes back a message and its reply, one after the other', async () => {
    const { state, conversation, said } = chatWith(turns);
    for (let times = 0; times < 3; times += 1) await runChatCommand(state, '/undo');
    expect(said).toEqual(['taken back: Bye', 'taken back: Hi', 'there is nothing to take back']);
    expect(conversation.messages).toEqual(turns.slice(0, 1));
  });

  it('/retry asks for another reply to the last message', async () => {
    const { state, conversation } = chatWith(turns);
    expect(await runChatCommand(state, '/retry')).toEqual({ next: 'reply', ask: 'Bye' });
    expect(conversation.messages).toEqual(turns.slice(0, 3));
    await expect(runChatCommand(chatWith().state, '/retry')).rejects.toThrow('nothing to answer again');
  });

  it('/reset keeps the instructions, and /system changes them', async () => {
    const { state, conversation } = chatWith(turns);
    await runChatCommand(state, '/reset');
    expect(conversation.messages).toEqual(turns.slice(0, 1));
    await runChatCommand(state, '/system Be long.');
    expect(conversation.system).toBe('Be long.');
    await runChatCommand(state, '/system none');
    expect(conversation.messages).toEqual([]);
  });

  it('/set changes how replies are chosen', async () => {
    const { state } = chatWith();
    await runChatCommand(state, '/set temperature 0.2');
    await runChatCommand(state, '/set stop END');
    expect(state.settings).toEqual({ temperature: 0.2, stopSequences: ['END'] });
    await runChatCommand(state, '/set temperature default');
    expect(state.settings).toEqual({ stopSequences: ['END'] });
    await expect(runChatCommand(state, '/set temprature 1')).rejects.toThrow('did you mean temperature?');
    await expect(runChatCommand(state, '/set seed x')).rejects.toThrow('seed takes a whole number');
  });

  it('/save and /load give the same conversation again, also over an earlier one', async () => {
    const file = join(folder, 'chat.json');
    const { state } = chatWith(turns);
    await runChatCommand(state, `/save ${file}`);
    await runChatCommand(state, `/save ${file}`);
    const { state: other, conversation } = chatWith();
    await runChatCommand(other, `/load ${file}`);
    expect(conversation.messages).toEqual(turns);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('/save writes over no file that is something else', async () => {
    const file = join(folder, 'notes.txt');
    writeFileSync(file, 'keep me');
    await expect(runChatCommand(chatWith(turns).state, `/save ${file}`)).rejects.toThrow('exists and is no saved chat');
    expect(readFileSync(file, 'utf8')).toBe('keep me');
  });

  it.each([
    ['not JSON', 'is no saved chat'],
    ['{"tramontaneChat":1,"messages":[{"role":"king","content":""}]}', 'messages[0].role'],
    ['null', 'is no saved chat'],
  ])('/load refuses %s and leaves the conversation alone', async (text, message) => {
    const file = join(folder, 'broken.json');
    writeFileSync(file, text);
    const { state, conversation } = chatWith(turns);
    await expect(runChatCommand(state, `/load ${file}`)).rejects.toThrow(message);
    expect(conversation.messages).toEqual(turns);
  });

  it('that does not exist names the closest one', async () => {
    await expect(runChatCommand(chatWith().state, '/sytem x')).rejects.toThrow('there is no /sytem; did you mean /system?');
    await expect(runChatCommand(chatWith().state, '/')).rejects.toThrow('there is no /');
  });

  it.each(['/exit', '/quit'])('%s ends the chat', async (text) => {
    expect(await runChatCommand(chatWith().state, text)).toEqual({ next: 'exit' });
  });
});

describe('the history of lines', () => {
  const folder = scratchFolder();

  it('is kept in a file that only its owner can read, newest first', async () => {
    const file = join(folder, 'state', 'history');
    const history = new LineHistory(file);
    expect(await history.load()).toEqual([]);
    for (const line of ['one', 'two', 'two', '']) await history.add(line);
    expect(await new LineHistory(file).load()).toEqual(['two', 'one']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'state')).mode & 0o777).toBe(0o700);
  });

  it('is cut where it has become long', async () => {
    const file = join(folder, 'long');
    writeFileSync(file, `${Array.from({ length: 2500 }, (_, at) => `line ${at}`).join('\n')}\n`);
    expect((await new LineHistory(file).load())[0]).toBe('line 2499');
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(1000);
  });

  it('is none where there can be no file', async () => {
    const history = new LineHistory('/dev/null/history');
    await history.add('one');
    expect(await history.load()).toEqual([]);
  });

  it('is where the platform keeps such files', () => {
    expect(historyFile({ env: { HOME: '/home/a' } }, 'linux')).toBe('/home/a/.local/state/tramontane/chat-history');
    expect(historyFile({ env: { XDG_STATE_HOME: '/s' } }, 'linux')).toBe('/s/tramontane/chat-history');
    expect(historyFile({ env: { HOME: '/Users/a' } }, 'darwin')).toBe('/Users/a/Library/Application Support/tramontane/chat-history');
  });
});
