import type { Terminal, TerminalOutput } from './terminal.ts';

/** The terminal, or the pipes, that this process was started with. */
export function systemTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  for (const output of [stdout, stderr]) passOverClosed(output);
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

/** A reader that went away (`| head`) is no error, and has nothing more written to it. */
function passOverClosed(output: TerminalOutput): void {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
