import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** A folder of its own, removed when it is stopped. */
  readonly folder?: string;
  /** Finds the server's origin in what it has printed, once it listens. */
  readonly listening: RegExp;
}

const startPatienceMs = 120_000;

/** Those that run, so that none outlives the tests. */
const running = new Set<ServerProcess>();
process.on('exit', () => {
  for (const server of running) server.kill();
});

/** A server as a process of its own, and with the processes that it starts itself. */
export class ServerProcess {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string;
  readonly #child: ChildProcess;
  readonly #printed: { text: string };

  readonly #folder: string | undefined;

  private constructor(child: ChildProcess, origin: string, printed: { text: string }, folder: string | undefined) {
    this.#child = child;
    this.origin = origin;
    this.#printed = printed;
    this.#folder = folder;
  }

  /** Starts it, and waits until it listens. Throws, with what it has printed, where it does not. */
  static async start({ command, args, env, folder, listening }: ServerCommand): Promise<ServerProcess> {
    // In a process group of its own, so that all of it can be stopped.
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const printed = { text: '' };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (printed.text += text));
    const failures: unknown[] = [];
    child.once('error', (error) => failures.push(error));
    child.once('exit', (code, signal) => failures.push(new Error(`it ended with ${code ?? signal}`)));
    const until = performance.now() + startPatienceMs;
    while (failures.length === 0 && performance.now() < until) {
      const origin = listening.exec(printed.text)?.[1];
      if (origin !== undefined) {
        const server = new ServerProcess(child, `http://${origin.replace(/^https?:\/\//, '')}`, printed, folder);
        running.add(server);
        return server;
      }
      await wait(50);
    }
    signalAll(child, 'SIGKILL');
    throw new Error(`${command} does not listen: ${printed.text.slice(-2000)}`, { cause: failures[0] });
  }

  /** What it has printed. */
  get log(): string {
    return this.#printed.text;
  }

  /** Waits until what it has printed since `from` matches; gives up after five seconds. */
  async untilPrinted(pattern: RegExp, from = 0): Promise<void> {
    for (let left = 100; left > 0 && !pattern.test(this.log.slice(from)); left -= 1) await wait(50);
    if (!pattern.test(this.log.slice(from))) throw new Error(`the server has not printed ${pattern}: ${this.log.slice(from)}`);
  }

  /** It keeps its connections, and does nothing. */
  freeze(): void {
    signalAll(this.#child, 'SIGSTOP');
  }

  thaw(): void {
    signalAll(this.#child, 'SIGCONT');
  }

  /** Ends it without a word. */
  kill(): void {
    running.delete(this);
    signalAll(this.#child, 'SIGKILL');
  }

  /** Ends it, and waits until it has gone. */
  async stop(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    const gone = exitCode !== null || signalCode !== null ? undefined : new Promise((resolve) => this.#child.once('exit', resolve));
    this.kill();
    await gone;
    // What it has started itself may still be writing.
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function signalAll(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has gone by itself.
  }
}
