export { mcpTools } from './mcp-tools.ts';
export type { McpClient, McpProgress, McpTool, McpToolsOptions } from './mcp-client.ts';
