/**
 * What is needed of a client of the Model Context Protocol: a `Client` of `@modelcontextprotocol/sdk` that is connected, or
 * anything like it.
 */
export interface McpClient {
  listTools(
    params?: { cursor?: string },
    options?: { signal?: AbortSignal },
  ): Promise<{ tools: McpTool[]; nextCursor?: string | undefined }>;
  callTool(
    params: { name: string; arguments?: Record<string, unknown> },
    resultSchema?: undefined,
    options?: { signal?: AbortSignal; timeout?: number; onprogress?: (progress: McpProgress) => void },
  ): Promise<unknown>;
}

/** A tool as a server lists it. */
export interface McpTool {
  name: string;
  description?: string | undefined;
  inputSchema: object;
  execution?: { taskSupport?: 'required' | 'optional' | 'forbidden' | undefined } | undefined;
}

/** How far a call is, as its server tells. */
export interface McpProgress {
  progress: number;
  total?: number | undefined;
  message?: string | undefined;
}

/** How the tools of a server become an agent's. All fields are optional, and `undefined` counts as left out. */
export interface McpToolsOptions {
  /**
   * What the tools' names begin with here, so that several servers do not get in each other's way: `files_`. Letters,
   * digits, underscores and hyphens, 32 at most.
   *
   * @defaultValue nothing
   */
  readonly prefix?: string | undefined;
  /**
   * How long each tool may take, in milliseconds. At most 2^31 - 1; 0 sets no limit.
   *
   * @defaultValue the agent's `toolTimeoutMs`
   */
  readonly timeoutMs?: number | undefined;
  /** Gives up listing the tools. It is not that of their calls. */
  readonly abortSignal?: AbortSignal | undefined;
}
