import { exitCodes } from '../command-error.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Waits for Ctrl-C or SIGTERM and then for `end`; a second one ends the process at once. */
export async function untilSignalled(terminal: Terminal, end: () => Promise<void>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let ending = false;
    const onSignal = () => {
      if (ending) terminal.exit(exitCodes.interrupted);
      ending = true;
      end().then(resolve, reject);
    };
    terminal.onSignal('SIGINT', onSignal);
    terminal.onSignal('SIGTERM', onSignal);
  });
}
