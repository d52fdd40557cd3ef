import { exitCodes } from '../command-error.ts';
import type { Terminal } from './terminal.ts';

/** The terminal, or the pipes, that this process was started with. */
export function systemTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (isClosed(error)) return;
    stderr.write(`tramontane: the output cannot be written: ${error.message}\n`);
    process.exit(exitCodes.failed);
  });
  stderr.on('error', (error: NodeJS.ErrnoException) => {
    // There is nowhere left to say so.
    if (!isClosed(error)) process.exit(exitCodes.failed);
  });
  return {
    stdin,
    stdout,
    stderr,
    env,
    onSignal(signal, listener) {
      process.on(signal, listener);
      return () => process.off(signal, listener);
    },
    exit: (code) => process.exit(code),
  };
}

/** Whether the reader went away (`| head`), which is no error; nothing more is written then. */
function isClosed({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE';
}
