import { readFile, writeFile } from 'node:fs/promises';
import type { ChatMessage } from '../../index.ts';
import { checkMessages } from '../../request/check-messages.ts';
import { CommandError } from '../command-error.ts';

interface SavedChat {
  readonly tramontaneChat: 1;
  readonly model: string;
  readonly messages: readonly ChatMessage[];
}

/**
 * Writes a conversation down. A file that is something else is not written over.
 *
 * @throws {CommandError}
 */
export async function saveChat(file: string, model: string, messages: readonly ChatMessage[]): Promise<void> {
  const chat: SavedChat = { tramontaneChat: 1, model, messages };
  const text = `${JSON.stringify(chat, null, 2)}\n`;
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(file, 'written', cause);
    await loadChat(file).catch((error: unknown) => {
      throw new CommandError(`${file} exists and is no saved chat; name another file`, undefined, error);
    });
    await writeFile(file, text).catch((error: unknown) => {
      throw unusable(file, 'written', error);
    });
  }
}

/**
 * Reads what {@link saveChat} has written.
 *
 * @throws {CommandError}
 */
export async function loadChat(file: string): Promise<readonly ChatMessage[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw unusable(file, 'read', cause);
  });
  try {
    const { tramontaneChat, messages } = JSON.parse(text) as Partial<SavedChat>;
    if (tramontaneChat !== 1) throw new Error('it has another form');
    if (Array.isArray(messages) && messages.length === 0) return [];
    checkMessages(messages);
    return messages as readonly ChatMessage[];
  } catch (cause) {
    throw new CommandError(`${file} is no saved chat: ${(cause as Error).message}`, undefined, cause);
  }
}

function unusable(file: string, done: string, cause: unknown): CommandError {
  return new CommandError(`${file} could not be ${done}: ${(cause as Error).message}`, undefined, cause);
}
