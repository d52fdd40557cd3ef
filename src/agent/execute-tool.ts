import type { ToolFailure } from '../spec/agent-part.ts';
import type { AgentTool, ToolContext } from '../spec/agent-tool.ts';
import { unlessCancelled } from './run-cancelled.ts';
import { ToolAnswer } from './tool-answer.ts';

/** What a tool has come to. */
export interface ToolOutcome {
  readonly output: unknown;
  /** What the model is told. */
  readonly content: string;
  readonly failure?: ToolFailure;
}

/** Of one execution. */
export interface ExecuteOptions {
  readonly timeoutMs: number;
  /** Of the run. */
  readonly signal: AbortSignal;
  /** Given each value that the tool yields on its way; the next is asked for once this resolves. */
  readonly onValue: (value: unknown) => Promise<void>;
}

/**
 * Runs a tool once. What it throws, taking too long, and what cannot be written as JSON are outcomes. Nobody waits for a
 * tool whose time is up or whose run is cancelled: its signal is raised, and what it still does is let go.
 *
 * @throws {RunCancelled} as soon as the run is cancelled
 */
export async function executeTool(
  tool: AgentTool,
  input: unknown,
  context: Omit<ToolContext, 'abortSignal'>,
  { timeoutMs, signal, onValue }: ExecuteOptions,
): Promise<ToolOutcome> {
  const over = new AbortController();
  const onAbort = () => over.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<ToolOutcome>((resolve) => {
    if (timeoutMs === 0) return;
    timer = setTimeout(() => {
      const content = `${tool.name} has taken longer than ${timeoutMs} ms.`;
      // First, as a tool that ends by its signal is late all the same.
      resolve(failed('timed-out', content));
      over.abort(new DOMException(content, 'TimeoutError'));
    }, timeoutMs);
  });
  const run = () => outcomeOf(() => tool.execute?.(input, { ...context, abortSignal: over.signal }), over.signal, onValue);
  try {
    return await unlessCancelled(signal, () => Promise.race([run(), late]));
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** An outcome that is an error. */
export function failed(failure: ToolFailure, what: string): ToolOutcome {
  return { output: what, content: `Error: ${what}`, failure };
}

async function outcomeOf(
  execute: () => unknown,
  signal: AbortSignal,
  onValue: ExecuteOptions['onValue'],
): Promise<ToolOutcome> {
  try {
    const returned = execute();
    const output = isAsyncIterable(returned) ? await lastOf(returned, signal, onValue) : await returned;
    if (output instanceof ToolAnswer) return outcomeOfAnswer(output);
    return { output, content: contentOf(output) };
  } catch (error) {
    return failed('failed', messageOf(error));
  }
}

function outcomeOfAnswer({ output, content, isError }: ToolAnswer): ToolOutcome {
  return { output, content, ...(isError && { failure: 'failed' }) };
}

/** Shows what it yields; gives what it returns, or else what it yielded last. */
async function lastOf(iterable: AsyncIterable<unknown>, signal: AbortSignal, onValue: ExecuteOptions['onValue']): Promise<unknown> {
  const iterator = iterable[Symbol.asyncIterator]();
  // Not waited for, and what it comes to is nobody's business any more.
  const leave = () => void (async () => iterator.return?.())().catch(() => {});
  signal.addEventListener('abort', leave, { once: true });
  let last: unknown;
  try {
    for (;;) {
      const read = await iterator.next();
      // Whoever awaits this has gone.
      if (signal.aborted) return undefined;
      if (read.done) return read.value ?? last;
      last = read.value;
      // A value that cannot be written as JSON could not be shown by every view.
      contentOf(last);
      await onValue(last);
    }
  } catch (error) {
    leave();
    throw error;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

function contentOf(output: unknown): string {
  return typeof output === 'string' ? output : (JSON.stringify(output) ?? '');
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message || error.name : String(error);
  } catch {
    return 'the tool has failed';
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
