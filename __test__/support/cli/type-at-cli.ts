import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { cliPath } from './run-cli.ts';

export interface TypedEnd {
  /** All that was on the screen, with its escape sequences. */
  readonly output: string;
  readonly code: number;
  /** The first text that a step has waited for in vain. */
  readonly missed: string | null;
}

/** The keys that have no letter. */
export const keys = { ctrlC: '\u0003', ctrlD: '\u0004', enter: '\r', up: '\u001b[A', tab: '\t' } as const;

/**
 * Runs the built program in a pseudo-terminal of 100 by 40 characters, with a person who waits for the first text of each
 * step and then types the second.
 */
export async function typeAtCli(
  args: readonly string[],
  steps: readonly (readonly [waitFor: string, type: string])[],
  env: NodeJS.ProcessEnv = {},
): Promise<TypedEnd> {
  const script = fileURLToPath(new URL('pty-session.py', import.meta.url));
  const child = spawn('python3', [script], {
    env: { ...process.env, TRAMONTANE_MODEL: undefined, NO_COLOR: undefined, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify({ command: [process.execPath, cliPath, ...args], steps, limitSeconds: 90 }));
  return JSON.parse(await text(child.stdout)) as TypedEnd;
}
