import type { AgentTool } from 'tramontane';

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
export declare function mcpTools(client: McpClient, options?: McpToolsOptions): Promise<AgentTool[]>;

/**
 * What is needed of a client of the Model Context Protocol: a `Client` of `@modelcontextprotocol/sdk` that is connected, or
 * anything like it.
 */
export interface McpClient {
	listTools(params?: {
		cursor?: string;
	}, options?: {
		signal?: AbortSignal;
	}): Promise<{
		tools: McpTool[];
		nextCursor?: string | undefined;
	}>;
	callTool(params: {
		name: string;
		arguments?: Record<string, unknown>;
	}, resultSchema?: undefined, options?: {
		signal?: AbortSignal;
		timeout?: number;
		onprogress?: (progress: McpProgress) => void;
	}): Promise<unknown>;
}

/** How far a call is, as its server tells. */
export interface McpProgress {
	progress: number;
	total?: number | undefined;
	message?: string | undefined;
}

/** A tool as a server lists it. */
export interface McpTool {
	name: string;
	description?: string | undefined;
	inputSchema: object;
	execution?: {
		taskSupport?: "required" | "optional" | "forbidden" | undefined;
	} | undefined;
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

export {};
