import { runChatCommand, chatCommandWords } from '../chat/chat-commands.ts';
import type { ChatState } from '../chat/chat-commands.ts';
import { ChatLoop } from '../chat/chat-loop.ts';
import { Conversation } from '../chat/conversation.ts';
import { LineHistory, historyFile } from '../chat/line-history.ts';
import { LineReader } from '../chat/line-reader.ts';
import { defineCommand } from '../command.ts';
import { modelOptions } from '../model/model-options.ts';
import { openModel, shortName } from '../model/open-model.ts';
import { generateOptions, replyOptions } from '../reply/reply-options.ts';
import { harmlessText } from '../terminal/harmless-text.ts';
import type { Terminal, TerminalOutput } from '../terminal/terminal.ts';

const options = {
  system: { kind: 'text', short: 's', value: 'TEXT', help: 'instructions that come before the conversation' },
  reasoning: { kind: 'choice', choices: ['auto', 'show', 'hide'], help: 'what the model thinks before it answers', default: 'auto, shown in a terminal and left out elsewhere' },
  load: { kind: 'text', value: 'FILE', help: 'go on with a conversation that /save has written' },
  'no-history': { kind: 'flag', help: 'neither read nor write the file of earlier lines' },
  ...modelOptions,
  ...replyOptions,
} as const;

/** `tramontane chat`: a conversation, from a terminal or a pipe. */
export const chat = defineCommand({
  summary: 'Talk with a model',
  usage: ['[OPTIONS] [MODEL]', '[OPTIONS] [MODEL] < FILE'],
  about:
    'Each line is a message; one that ends with a backslash goes on in the next, and """ begins and ends a message of many lines. /help lists what can be done besides: start anew, take back, answer again, save and load. Ctrl-C stops a reply; twice at the prompt, or Ctrl-D, it leaves. Lines that were typed are kept for the arrow keys, in a file in your state folder that only you can read.',
  examples: [
    { line: 'tramontane chat ./model.gguf', does: 'talk with a model in a file' },
    { line: 'tramontane chat org/name:Q4_K_M.gguf --system "Answer in one sentence." --temperature 0', does: 'with instructions, and always the likeliest words' },
  ],
  positionals: { min: 0, max: 1 },
  options,
  async run({ values, positionals: [named], terminal, paint }) {
    const { model, local } = await openModel(values, terminal, named);
    const screen = screenOf(terminal);
    const history = screen && !values['no-history'] ? new LineHistory(historyFile(terminal)) : null;
    const reader = new LineReader({
      input: terminal.stdin,
      screen,
      history: (await history?.load()) ?? [],
      words: chatCommandWords,
    });
    try {
      const painted = screen === terminal.stdout ? paint.stdout : paint.stderr;
      const say = (text: string) => void (screen ?? terminal.stderr).write(`${painted('dim', harmlessText(text))}\n`);
      const state: ChatState = { model: model.info.model, conversation: new Conversation(), settings: { ...generateOptions(values) }, say };
      if (values.load !== undefined) await runChatCommand(state, `/load ${values.load}`);
      if (values.system !== undefined) state.conversation.system = values.system;
      if (screen) say(`${shortName(model.info.model)}; /help lists the commands, Ctrl-D leaves`);
      const reasoning = values.reasoning === 'show' || (values.reasoning !== 'hide' && terminal.stdout.isTTY === true);
      return await new ChatLoop({ model, local, reader, history, state, terminal, screen, paint: paint.stdout, promptPaint: painted, reasoning }).run();
    } finally {
      reader.close();
      await model.close();
    }
  },
});

/** Where a person who types sees what is typed; `null` where input is piped, or nothing is shown to anybody. */
function screenOf({ stdin, stdout, stderr }: Terminal): TerminalOutput | null {
  if (!stdin.isTTY) return null;
  return stdout.isTTY ? stdout : stderr.isTTY ? stderr : null;
}
