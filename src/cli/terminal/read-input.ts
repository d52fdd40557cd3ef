import { CommandError } from '../command-error.ts';
import type { Terminal } from './terminal.ts';

/** More than any context holds: what is larger was piped here by mistake. */
const mostBytes = 64 * 2 ** 20;
/** How long it may be silent before it is told what is waited for: some programs leave their children's input open. */
const hintAfterMs = 3000;

/**
 * What is piped into the program, without its last line break; `''` where a person sits at the keyboard.
 *
 * @throws {CommandError} Where it is larger than 64 MiB.
 */
export async function readInput({ stdin, stderr }: Terminal): Promise<string> {
  if (stdin.isTTY) return '';
  const hint = setTimeout(() => {
    stderr.write('tramontane: waiting for standard input to end; "< /dev/null" leaves it out\n');
  }, hintAfterMs);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stdin as AsyncIterable<Buffer>) {
      clearTimeout(hint);
      bytes += chunk.length;
      if (bytes > mostBytes) throw new CommandError('standard input has more than 64 MiB, more than any model can read');
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(hint);
  }
  return Buffer.concat(chunks).toString('utf8').replace(/^\ufeff/, '').replace(/\r?\n$/, '');
}
