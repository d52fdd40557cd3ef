import { TramontaneError } from '../../index.ts';
import type { GenerateOptions, LanguageModel, Model } from '../../index.ts';
import { CommandError, exitCodes } from '../command-error.ts';
import { errorMessage } from '../report-error.ts';
import { figures } from '../reply/figures.ts';
import { printReply } from '../reply/print-reply.ts';
import { replyOptions } from '../reply/reply-options.ts';
import type { Paint } from '../terminal/paint.ts';
import type { Terminal, TerminalOutput } from '../terminal/terminal.ts';
import { runChatCommand } from './chat-commands.ts';
import type { ChatState } from './chat-commands.ts';
import type { LineHistory } from './line-history.ts';
import type { LineReader } from './line-reader.ts';
import { MessageLines } from './message-lines.ts';

export interface ChatLoopOptions {
  readonly model: LanguageModel;
  /** The model, where it runs in this process. */
  readonly local: Model | null;
  readonly reader: LineReader;
  readonly history: LineHistory | null;
  readonly state: ChatState;
  readonly terminal: Terminal;
  /** Where a person who types looks; `null` where nobody does. */
  readonly screen: TerminalOutput | null;
  /** For replies, and for the prompt. */
  readonly paint: Paint;
  readonly promptPaint: Paint;
  readonly reasoning: boolean;
}

/** Reads messages and commands in turn, and answers them, until there are no more. */
export class ChatLoop {
  readonly #options: ChatLoopOptions;
  readonly #message = new MessageLines();
  /** The conversation is longer than the context, by so many messages that the model is not shown. */
  #droppedMessages = 0;
  /** A pipe is told by the exit code that one of its messages was not answered. */
  #failed = false;

  constructor(options: ChatLoopOptions) {
    this.#options = options;
  }

  /** Gives the exit code. */
  async run(): Promise<number> {
    const { reader, history, terminal, screen, state } = this.#options;
    let interrupted = false;
    for (;;) {
      const event = await reader.read(this.#prompt());
      if (event.kind === 'interrupt') {
        const discarded = event.discarded || this.#message.open;
        this.#message.take();
        if (interrupted && !discarded) return exitCodes.interrupted;
        interrupted = !discarded;
        if (!discarded) state.say('Ctrl-C again, or Ctrl-D, leaves');
        continue;
      }
      interrupted = false;
      if (event.kind === 'end') break;
      for (const line of event.text.split('\n')) await history?.add(line);
      const text = event.text.includes('\n') && !this.#message.open ? event.text : this.#message.add(event.text);
      if (text !== null && (await this.#answer(text)) === 'exit') return this.#exitCode();
      // Whoever read the replies is gone.
      if (terminal.stdout.destroyed) return exitCodes.done;
    }
    // The next prompt is not to follow this one in its line.
    screen?.write('\n');
    // A last message may lack its end.
    await this.#answer(this.#message.take());
    return this.#exitCode();
  }

  #prompt(): string {
    return this.#message.open ? this.#options.promptPaint('dim', '. ') : this.#options.promptPaint('cyan', '> ');
  }

  #exitCode(): number {
    return this.#failed ? exitCodes.failed : exitCodes.done;
  }

  /** Does what a message or a command asks for. What fails is told, leaves the conversation as it was, and the chat goes on. */
  async #answer(text: string): Promise<'exit' | 'line'> {
    const { state, reader, terminal, screen } = this.#options;
    if (text.trim() === '') return 'line';
    const { messages } = state.conversation;
    try {
      if (!text.startsWith('/') || text.startsWith('//')) await this.#reply(text.replace(/^\/\//, '/'));
      else {
        const step = await runChatCommand(state, text);
        if (step.next === 'exit') return 'exit';
        if (step.next === 'reply') await this.#reply(step.ask);
      }
    } catch (error) {
      state.conversation.replace(messages);
      const message = errorMessage(error, replyOptions);
      (screen ?? terminal.stderr).write(`${this.#options.promptPaint('red', 'tramontane:')} ${message}\n`);
      if (!screen) this.#failed = true;
    } finally {
      reader.resume();
    }
    return 'line';
  }

  /** Has a message answered, and both become part of the conversation. */
  async #reply(ask: string): Promise<void> {
    const { model, reader, state, terminal, screen, paint, reasoning } = this.#options;
    const { conversation } = state;
    conversation.replace([...conversation.messages, { role: 'user', content: ask }]);
    const interrupt = new AbortController();
    reader.suspend();
    const stop = terminal.onSignal('SIGINT', () => {
      if (screen === null || interrupt.signal.aborted) terminal.exit(exitCodes.interrupted);
      interrupt.abort();
    });
    try {
      const request = await this.#request();
      const stream = model.streamChat(conversation.messages, { ...request, abortSignal: interrupt.signal });
      const result = await printReply(stream, { output: terminal.stdout, paint, reasoning });
      if (!result.text.endsWith('\n')) terminal.stdout.write('\n');
      if (screen) state.say(figures(result));
      conversation.replace([...conversation.messages, result.message]);
    } catch (error) {
      // What came of the reply has left its line open.
      if (TramontaneError.isInstance(error) && error.partial?.text) terminal.stdout.write('\n');
      if (interrupt.signal.aborted) throw new CommandError('stopped before anything was said');
      throw error;
    } finally {
      stop();
    }
  }

  /** How to generate. A local model leaves out the oldest turns where the conversation outgrows its context. */
  async #request(): Promise<GenerateOptions> {
    const { local, state } = this.#options;
    const { settings, conversation } = state;
    if (!local) return settings;
    const request: GenerateOptions = { ...settings, contextOverflow: 'truncate-oldest' };
    const { droppedMessages } = await local.countTokens({ ...request, messages: conversation.messages });
    if (droppedMessages > this.#droppedMessages) {
      state.say(`the conversation is longer than the context: the oldest ${droppedMessages} messages are left out`);
    }
    this.#droppedMessages = droppedMessages;
    return request;
  }
}
