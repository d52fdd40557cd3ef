import { appendFile, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Terminal } from '../terminal/terminal.ts';

/** How many lines are offered; the file is cut to that where it has twice as many. */
const mostLines = 1000;

/**
 * The lines that were typed, in a file that only its owner may read. It is a convenience: where it cannot be read or
 * written, there is none.
 */
export class LineHistory {
  readonly #file: string;
  #last: string | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** The latest lines, newest first. */
  async load(): Promise<string[]> {
    const lines = await readFile(this.#file, 'utf8').then((text) => text.split('\n').filter((line) => line !== ''), () => []);
    this.#last = lines.at(-1);
    if (lines.length > 2 * mostLines) await this.#write(lines.slice(-mostLines));
    return lines.slice(-mostLines).toReversed();
  }

  /** Adds a line, unless it is the one before again. */
  async add(line: string): Promise<void> {
    if (line === '' || line === this.#last || line.includes('\n')) return;
    this.#last = line;
    try {
      await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
      await appendFile(this.#file, `${line}\n`, { mode: 0o600 });
    } catch {
      // A chat goes on without.
    }
  }

  async #write(lines: readonly string[]): Promise<void> {
    try {
      await writeFile(this.#file, `${lines.join('\n')}\n`, { mode: 0o600 });
      await chmod(this.#file, 0o600);
    } catch {
      // As above.
    }
  }
}

/** Where the history of this user is, as the platform has it. */
export function historyFile({ env }: Pick<Terminal, 'env'>, platform: NodeJS.Platform = process.platform): string {
  const home = env['HOME'] ?? homedir();
  const folder =
    platform === 'win32'
      ? (env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'))
      : platform === 'darwin'
        ? join(home, 'Library', 'Application Support')
        : env['XDG_STATE_HOME'] || join(home, '.local', 'state');
  return join(folder, 'tramontane', 'chat-history');
}
