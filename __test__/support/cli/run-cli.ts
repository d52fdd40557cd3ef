import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The program as `npx tramontane` runs it. As with run-script.ts, dist has to be there. */
export const cliPath = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

export interface CliEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** What is piped in. */
  readonly stdin?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with all of standard output and error so far, whenever more has come. */
  readonly onOutput?: (seen: { readonly stdout: string; readonly stderr: string }, child: CliChild) => void;
  readonly limitMs?: number;
}

/** What may be done to the program while it runs. */
export interface CliChild {
  signal(signal: NodeJS.Signals): void;
  /** Goes away, as `head` does. */
  closeStdout(): void;
}

/** Runs the built program with pipes, and tells how it ended: by SIGKILL where it outlived its limit. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliEnd> {
  const { stdin = '', env = {}, onOutput, limitMs = 60_000 } = options;
  const child = spawn(process.execPath, [cliPath, ...args], {
    env: { ...process.env, TRAMONTANE_MODEL: undefined, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const seen = { stdout: '', stderr: '' };
  const handle: CliChild = { signal: (signal) => child.kill(signal), closeStdout: () => child.stdout.destroy() };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      seen[name] += text;
      onOutput?.(seen, handle);
    });
  }
  // The program may end before it has read everything.
  child.stdin.on('error', () => {}).end(stdin);
  const killer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code, signal, ...seen }));
    });
  } finally {
    clearTimeout(killer);
  }
}
