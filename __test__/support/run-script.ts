import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * The built package, as a user's program sees it: `npm test` compiles src into dist before it runs the tests. Run by
 * hand, `npm run compile` has to come first.
 */
const dist = new URL('../../dist/', import.meta.url);

export interface ScriptEnd {
  readonly code: number | null;
  /** The signal that ended it: a crash, or `SIGKILL` where it outlived its limit. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly elapsedMs: number;
}

/** What scripts begin with: functions of the built package. */
const prelude = `
const { downloadModel, loadEmbeddingModel, loadModel } = await import(${JSON.stringify(new URL('index.js', dist).href)});
const { scriptedModel } = await import(${JSON.stringify(new URL('testing/scripted-model.js', dist).href)});
`;

/** An expression for use in a script: a URL to pass to `new Worker`, of a module that has the prelude and `parentPort`. */
export function workerUrl(body: string): string {
  const source = `import { parentPort } from 'node:worker_threads';${prelude}${body}`;
  return `new URL(${JSON.stringify(`data:text/javascript,${encodeURIComponent(source)}`)})`;
}

/** How a script is run besides its time limit. */
export interface ScriptOptions {
  /** Options for node itself, before the script. */
  readonly nodeOptions?: readonly string[];
  /** Variables to set, or with `undefined` to leave out, in the environment that the script inherits. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a script as a process of its own, and tells how it ended. */
export async function runScript(body: string, limitMs = 15_000, options: ScriptOptions = {}): Promise<ScriptEnd> {
  const { nodeOptions = [], env = {} } = options;
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...nodeOptions, '--input-type=module', '--eval', prelude + body], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const killer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        resolve({ code, signal, stdout, stderr, elapsedMs: performance.now() - startedAt });
      });
    });
  } finally {
    clearTimeout(killer);
  }
}
