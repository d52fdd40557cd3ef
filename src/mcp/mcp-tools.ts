import { tool } from '../agent/tool.ts';
import { checkToolTimeout } from '../request/check-agent.ts';
import { checkAbortSignal, checkOptions, checkText, guardCheck, wrongValue } from '../request/check-value.ts';
import type { AgentTool } from '../spec/agent-tool.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { callMcpTool } from './call-mcp-tool.ts';
import type { McpClient, McpTool, McpToolsOptions } from './mcp-client.ts';

const optionNames = Object.keys({ prefix: true, timeoutMs: true, abortSignal: true } satisfies Record<keyof McpToolsOptions, true>);

/** As many as an agent can have. */
const maxTools = 128;
const longestName = 64;

/**
 * The tools of an MCP server, for an agent. They are called over the client, which stays the caller's to close. Cancelling
 * a run, and a tool's timeout, cancel the call at the server too.
 *
 * What a tool answers becomes text for the model: text and text resources as they are, structured content as JSON where
 * there is no text, and a note in place of images, sound and other data. The part `tool-result` has the whole answer as its
 * `output`. An answer that says `isError` is an error here as well, and progress that the server tells of becomes
 * `tool-progress` of phase `running`.
 *
 * Characters of a name that models do not take become underscores, and a name that is taken gets a number. Tools that can
 * only be run as tasks are left out. The list is that of this moment: where the server says that it has changed
 * (`notifications/tools/list_changed`, the client's option `listChanged`), call this again and make another agent.
 *
 * @param client - A `Client` of `@modelcontextprotocol/sdk` that is connected.
 * @param options - How they are named, and how long they may take.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault; `remote-failed` where the server does not list
 *   its tools or lists more than 128, with what the client threw as `cause`; `aborted`.
 * @example
 * const client = new Client({ name: 'my-program', version: '1.0.0' });
 * await client.connect(new StdioClientTransport({ command: 'my-mcp-server' }));
 * const agent = createAgent({ model, tools: await mcpTools(client) });
 */
export async function mcpTools(client: McpClient, options?: McpToolsOptions): Promise<AgentTool[]> {
  const { prefix, timeoutMs, abortSignal } = guardCheck('options', () => {
    if (typeof client?.listTools !== 'function' || typeof client.callTool !== 'function') throw wrongValue('client', 'an MCP client', client);
    const checked = checkOptions(options, 'options', optionNames);
    return {
      prefix: checkPrefix(checked['prefix']),
      timeoutMs: checkToolTimeout(checked['timeoutMs'], 'timeoutMs'),
      abortSignal: checkAbortSignal(checked['abortSignal'], 'abortSignal'),
    };
  });
  const listed = await listTools(client, abortSignal);
  const taken = new Set<string>();
  return listed
    .filter(({ execution }) => execution?.taskSupport !== 'required')
    .map(({ name, description, inputSchema }) =>
      tool({
        name: freeName(prefix + name, taken),
        description,
        inputSchema,
        timeoutMs,
        execute: (input, { abortSignal: signal }) => callMcpTool(client, name, input, signal),
      }),
    );
}

function checkPrefix(value: unknown): string {
  const prefix = checkText(value, 'prefix') ?? '';
  if (/^[a-zA-Z0-9_-]{0,32}$/.test(prefix)) return prefix;
  throw wrongValue('prefix', 'at most 32 letters, digits, underscores and hyphens', value);
}

async function listTools(client: McpClient, signal: AbortSignal | undefined): Promise<McpTool[]> {
  const tools: McpTool[] = [];
  const cursors = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await listPage(client, cursor, signal);
    tools.push(...page.tools);
    cursor = page.nextCursor;
    // A server that says the same again and again must not keep its client busy for ever.
    if (tools.length > maxTools || (cursor !== undefined && cursors.has(cursor))) {
      throw new TramontaneError('remote-failed', `the MCP server lists more than ${maxTools} tools, or never comes to an end`);
    }
    if (cursor !== undefined) cursors.add(cursor);
  } while (cursor !== undefined);
  return tools;
}

async function listPage(client: McpClient, cursor: string | undefined, signal: AbortSignal | undefined): ReturnType<McpClient['listTools']> {
  try {
    signal?.throwIfAborted();
    return await client.listTools(cursor === undefined ? {} : { cursor }, signal ? { signal } : {});
  } catch (cause) {
    if (signal?.aborted) throw new TramontaneError('aborted', 'abortSignal was raised before the tools were listed', { cause: signal.reason });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TramontaneError('remote-failed', `the MCP server did not list its tools: ${reason}`, { cause });
  }
}

/** The name that the model is shown, which no other tool has. */
function freeName(name: string, taken: Set<string>): string {
  const base = name.replaceAll(/[^a-zA-Z0-9_-]/g, '_').slice(0, longestName);
  let free = base;
  for (let number = 2; taken.has(free); number += 1) free = `${base.slice(0, longestName - 4)}_${number}`;
  taken.add(free);
  return free;
}
