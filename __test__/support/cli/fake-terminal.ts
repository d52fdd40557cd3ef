import { PassThrough, Readable, Writable } from 'node:stream';
import type { Terminal } from '../../../src/cli/terminal/terminal.ts';

export interface FakeTerminal extends Terminal {
  /** What was written so far. */
  readonly written: { readonly stdout: string; readonly stderr: string };
}

export interface FakeTerminalOptions {
  /** Whether a person sits there. */
  readonly isTTY?: boolean;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A terminal that keeps what is written to it. */
export function fakeTerminal({ isTTY = false, stdin = '', env = {} }: FakeTerminalOptions = {}): FakeTerminal {
  const written = { stdout: '', stderr: '' };
  const output = (name: keyof typeof written) => {
    const writable = new Writable({
      decodeStrings: false,
      write(chunk: string, _, done) {
        written[name] += chunk;
        done();
      },
    });
    return Object.assign(writable, { isTTY, columns: 80 });
  };
  const input = isTTY ? new PassThrough() : Readable.from([Buffer.from(stdin)]);
  return {
    stdin: Object.assign(input, { isTTY }),
    stdout: output('stdout'),
    stderr: output('stderr'),
    env,
    written,
    onSignal: () => () => {},
    exit(code): never {
      throw new Error(`the program ended at once, with ${code}`);
    },
  };
}
