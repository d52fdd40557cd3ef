import { ToolAnswer } from '../agent/tool-answer.ts';
import { mcpContentText } from './mcp-content-text.ts';
import type { McpClient, McpProgress } from './mcp-client.ts';

/** The client gives up after a minute by itself; how long a call may take is the agent's to say. */
const longestTimeoutMs = 2 ** 31 - 1;

/** Calls a tool of a server; yields how far it is, and returns what it answers. */
export async function* callMcpTool(
  client: McpClient,
  name: string,
  input: unknown,
  signal: AbortSignal,
): AsyncGenerator<McpProgress, ToolAnswer, undefined> {
  const told = new ToldProgress();
  const call = client.callTool({ name, arguments: input as Record<string, unknown> }, undefined, {
    signal,
    timeout: longestTimeoutMs,
    onprogress: (progress) => told.add(progress),
  });
  // Handles its failure too, which is thrown below.
  call.then(() => told.end(), () => told.end());
  for (let progress = await told.next(); progress; progress = await told.next()) yield progress;
  return answerOf(await call);
}

function answerOf(result: unknown): ToolAnswer {
  const { isError } = (result ?? {}) as { readonly isError?: unknown };
  return new ToolAnswer(result, mcpContentText(result), isError === true);
}

/** What a server tells of a call while that is under way, until it is asked for. */
class ToldProgress {
  readonly #untaken: McpProgress[] = [];
  #ended = false;
  #wake: () => void = () => {};

  add({ progress, total, message }: McpProgress): void {
    this.#untaken.push({ progress, ...(total !== undefined && { total }), ...(message !== undefined && { message }) });
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** What was told next; nothing once the call is over. */
  async next(): Promise<McpProgress | undefined> {
    if (this.#untaken.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#untaken.shift();
  }
}
