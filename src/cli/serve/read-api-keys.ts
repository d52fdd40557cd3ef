import { readFile } from 'node:fs/promises';
import { CommandError } from '../command-error.ts';
import type { Terminal } from '../terminal/terminal.ts';

/**
 * The keys that clients may send: that of `TRAMONTANE_API_KEY`, and those of a file, one a line; lines that begin with
 * `#` are left out.
 *
 * @throws {CommandError} Where the file cannot be read, or holds none: a server that was to ask for keys must not do
 *   without.
 */
export async function readApiKeys({ env }: Pick<Terminal, 'env'>, file: string | undefined): Promise<readonly string[]> {
  const ofEnvironment = env['TRAMONTANE_API_KEY']?.trim();
  if (ofEnvironment === '') throw CommandError.usage('TRAMONTANE_API_KEY is set and empty; give it a key, or unset it to ask for none');
  const keys = ofEnvironment === undefined ? [] : [ofEnvironment];
  if (file === undefined) return keys;
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CommandError(`the keys in ${file} cannot be read: ${(cause as Error).message}`, undefined, cause);
  });
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length === 0) throw new CommandError(`${file} holds no key; write one a line`);
  return [...keys, ...lines];
}
