// An MCP server, for tests: over stdio where it is run, in memory where it is imported.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

/** A server with one tool of each kind, which notes in `events` what happens to it. */
export function weatherServer(events = []) {
  const server = new McpServer({ name: 'weather', version: '1.0.0' });
  const text = (value) => ({ type: 'text', text: value });

  server.registerTool(
    'get_weather',
    { description: 'The weather of a city.', inputSchema: { city: z.string() } },
    async ({ city }) => ({ content: [text(`21 degrees in ${city}`)] }),
  );
  server.registerTool(
    'weather.structured',
    { inputSchema: { city: z.string() }, outputSchema: { degrees: z.number() } },
    async () => ({ content: [], structuredContent: { degrees: 21 } }),
  );
  server.registerTool('weather_structured', { inputSchema: {} }, async () => ({ content: [text('the other one')] }));
  server.registerTool('everything', {}, async () => ({
    content: [
      text('Look:'),
      { type: 'image', data: Buffer.from('picture').toString('base64'), mimeType: 'image/png' },
      { type: 'audio', data: Buffer.from('sound').toString('base64'), mimeType: 'audio/wav' },
      { type: 'resource', resource: { uri: 'file:///a.txt', text: 'a file' } },
      { type: 'resource', resource: { uri: 'file:///b.bin', blob: 'AAAA', mimeType: 'application/x' } },
      { type: 'resource_link', uri: 'file:///c.txt', name: 'c' },
    ],
  }));
  server.registerTool('failing', {}, async () => ({ isError: true, content: [text('no weather today')] }));
  server.registerTool('throwing', {}, async () => {
    throw new Error('broken');
  });
  server.registerTool('slow', { inputSchema: {} }, async (_, { signal }) => {
    events.push('begun');
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    events.push('cancelled');
    return { content: [] };
  });
  server.registerTool('walking', { inputSchema: {} }, async (_, { _meta, sendNotification }) => {
    for (const progress of [1, 2]) {
      await sendNotification({
        method: 'notifications/progress',
        params: { progressToken: _meta?.progressToken ?? '', progress, total: 2, message: `step ${progress}` },
      });
    }
    return { content: [text('there')] };
  });
  return server;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await weatherServer().connect(new StdioServerTransport());
}
