import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import type { TerminalInput, TerminalOutput } from '../terminal/terminal.ts';

/** What comes from the keyboard, or from a pipe. */
export type LineEvent =
  /** Several lines where they were pasted together. */
  | { readonly kind: 'line'; readonly text: string }
  /** Ctrl-C; `discarded` where there was text in the line, which is gone now. */
  | { readonly kind: 'interrupt'; readonly discarded: boolean }
  /** Ctrl-D, or the end of the pipe. */
  | { readonly kind: 'end' };

export interface LineReaderOptions {
  readonly input: TerminalInput;
  /** Where a person sees what is typed; `null` where nobody types. */
  readonly screen: TerminalOutput | null;
  /** Earlier lines, newest first. */
  readonly history: readonly string[];
  /** What Tab completes: the words that may begin a line. */
  readonly words: readonly string[];
}

/** Asks the terminal to mark where pasted text begins and ends, and no longer to. */
const [markPastes, markNoPastes] = ['\u001b[?2004h', '\u001b[?2004l'];

/**
 * Lines of a person, with editing and history, or of a pipe. Between `suspend` and `resume` the terminal works as usual,
 * so that Ctrl-C becomes a signal; what is typed meanwhile is read afterwards.
 */
export class LineReader {
  readonly #lines: Interface;
  readonly #input: TerminalInput;
  readonly #screen: TerminalOutput | null;
  readonly #events: LineEvent[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  /** Lines of a paste that is not over, or whose last line was not entered yet. */
  #pasted: string[] = [];
  #pasting = false;

  constructor({ input, screen, history, words }: LineReaderOptions) {
    this.#input = input;
    this.#screen = screen;
    this.#lines = createInterface({
      input,
      ...(screen ? { output: screen, terminal: true } : { terminal: false }),
      history: [...history],
      historySize: 1000,
      removeHistoryDuplicates: true,
      completer: (line: string) => [line === '' ? [] : words.filter((word) => word.startsWith(line)), line],
    });
    this.#lines.on('line', (text) => this.#onLine(text));
    this.#lines.on('SIGINT', () => this.#onInterrupt());
    this.#lines.on('close', () => this.#onClose());
    if (screen) input.on('keypress', (_, key: { readonly name?: string }) => this.#onKey(key.name));
    screen?.write(markPastes);
  }

  /** Shows `prompt` where a person types, and waits for what comes. */
  async read(prompt: string): Promise<LineEvent> {
    if (this.#events.length === 0 && !this.#ended && this.#screen) {
      this.#lines.setPrompt(prompt);
      this.#lines.prompt();
    }
    while (this.#events.length === 0 && !this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#events.shift() ?? { kind: 'end' };
  }

  suspend(): void {
    if (this.#ended) return;
    this.#lines.pause();
    if (!this.#screen) return;
    this.#screen.write(markNoPastes);
    this.#input.setRawMode?.(false);
  }

  resume(): void {
    if (this.#ended) return;
    if (this.#screen) {
      this.#input.setRawMode?.(true);
      this.#screen.write(markPastes);
    }
    this.#lines.resume();
  }

  close(): void {
    this.#lines.close();
    this.#input.destroy();
  }

  #push(event: LineEvent): void {
    this.#events.push(event);
    this.#wake?.();
  }

  #onLine(text: string): void {
    if (this.#pasting) {
      this.#pasted.push(text);
      return;
    }
    this.#push({ kind: 'line', text: [...this.#pasted, text].join('\n') });
    this.#pasted = [];
  }

  #onKey(name: string | undefined): void {
    if (name === 'paste-start') this.#pasting = true;
    if (name === 'paste-end') this.#pasting = false;
  }

  #onInterrupt(): void {
    const discarded = this.#lines.line !== '' || this.#pasted.length > 0;
    this.#pasted = [];
    this.#pasting = false;
    // To the end of the line, and from there back to its beginning: what was typed is gone.
    this.#lines.write(null, { ctrl: true, name: 'e' });
    this.#lines.write(null, { ctrl: true, name: 'u' });
    this.#screen?.write('\n');
    this.#push({ kind: 'interrupt', discarded });
  }

  #onClose(): void {
    this.#ended = true;
    this.#screen?.write(markNoPastes);
    this.#wake?.();
  }
}
