import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { createAgent } from '../../src/index.ts';
import { mcpTools } from '../../src/mcp/index.ts';
import type { McpClient, McpToolsOptions } from '../../src/mcp/index.ts';
import { weatherServer } from '../support/mcp/weather-server.mjs';
import { part } from '../support/parts.ts';
import { errorOf, readAll } from '../support/read-stream.ts';
import { turnModel } from '../support/turn-model.ts';
import { turns } from '../support/turns.ts';

const closing: Client[] = [];
afterEach(async () => {
  for (const client of closing.splice(0)) await client.close();
});

async function connected(events: string[] = []): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' });
  const [one, other] = InMemoryTransport.createLinkedPair();
  await Promise.all([weatherServer(events).connect(one), client.connect(other)]);
  closing.push(client);
  return client;
}

/** Lets a model call one tool, and gives the stream. */
async function calls(client: McpClient, name: string, input: unknown, options?: McpToolsOptions) {
  const model = turnModel([[part.tool(0, 'a', name, input), part.finish('tool-calls')], ['Done.']]);
  return createAgent({ model, tools: await mcpTools(client, options) }).streamPrompt('Go');
}

async function resultOf(client: McpClient, name: string, input: unknown = {}, options?: McpToolsOptions) {
  const { rounds } = await (await calls(client, name, input, options)).result();
  return rounds[0]?.toolResults[0];
}

describe('mcpTools()', () => {
  it('gives the tools of a server, with names that models take', async () => {
    const tools = await mcpTools(await connected());
    expect(tools.map(({ name }) => name)).toEqual([
      'get_weather', 'weather_structured', 'weather_structured_2', 'everything', 'failing', 'throwing', 'slow', 'walking',
    ]);
    expect(tools[0]).toMatchObject({
      description: 'The weather of a city.',
      inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    });
  });

  it('calls a tool and gives the model its text, and the reader the whole answer', async () => {
    expect(await resultOf(await connected(), 'get_weather', { city: 'Genova' })).toMatchObject({
      content: '21 degrees in Genova',
      output: { content: [{ type: 'text', text: '21 degrees in Genova' }] },
      isError: false,
    });
  });

  it('calls tools by the names that the server knows', async () => {
    const client = await connected();
    expect(await resultOf(client, 'weather_structured', { city: 'x' })).toMatchObject({ content: '{"degrees":21}' });
    expect(await resultOf(client, 'weather_structured_2')).toMatchObject({ content: 'the other one' });
    expect(await resultOf(client, 'w_get_weather', { city: 'x' }, { prefix: 'w_' })).toMatchObject({ content: '21 degrees in x' });
  });

  it('names what is no text', async () => {
    expect((await resultOf(await connected(), 'everything'))?.content).toBe(
      'Look:\n[image, image/png, 7 bytes]\n[audio, audio/wav, 5 bytes]\na file\n[resource, file:///b.bin, application/x, 3 bytes]\n[resource, file:///c.txt, c]',
    );
  });

  it.each([
    ['says so', 'failing', 'no weather today'],
    ['throws', 'throwing', 'broken'],
  ])('keeps it an error where the tool %s', async (_, name, content) => {
    expect(await resultOf(await connected(), name)).toMatchObject({ isError: true, failure: 'failed', content });
  });

  it('refuses arguments that the schema does not allow, before the server is asked', async () => {
    expect(await resultOf(await connected(), 'get_weather', { city: 3 })).toMatchObject({ failure: 'invalid-input' });
  });

  it('shows the progress that a server tells of', async () => {
    const parts = await readAll(await calls(await connected(), 'walking', {}));
    expect(parts.filter((each) => each.type === 'tool-progress').map((each) => ('value' in each ? each.value : each.phase))).toEqual([
      'calling',
      { progress: 1, total: 2, message: 'step 1' },
      { progress: 2, total: 2, message: 'step 2' },
      'complete',
    ]);
  });

  it('cancels the call at the server where the run is left', async () => {
    const events: string[] = [];
    const stream = await calls(await connected(events), 'slow', {});
    for await (const each of stream) {
      if (each.type !== 'tool-progress') continue;
      await turns(10);
      break;
    }
    await turns(10);
    expect(events).toEqual(['begun', 'cancelled']);
    expect((await stream.result()).finishReason).toBe('aborted');
  });

  it('cancels the call at the server where its time is up', async () => {
    const events: string[] = [];
    const result = await resultOf(await connected(events), 'slow', {}, { timeoutMs: 20 });
    await turns(10);
    expect(result).toMatchObject({ failure: 'timed-out' });
    expect(events).toEqual(['begun', 'cancelled']);
  });

  it('tells the model where the server has gone', async () => {
    const client = await connected();
    const stream = await calls(client, 'get_weather', { city: 'x' });
    await client.close();
    expect((await stream.result()).rounds[0]?.toolResults).toMatchObject([{ failure: 'failed', content: expect.stringMatching(/connect/i) as unknown }]);
  });

  it('reads all pages of a list', async () => {
    const asked: unknown[] = [];
    const pages: Record<string, { tools: { name: string; inputSchema: object }[]; nextCursor?: string }> = {
      '': { tools: [{ name: 'one', inputSchema: {} }], nextCursor: 'b' },
      b: { tools: [], nextCursor: 'c' },
      c: { tools: [{ name: 'two', inputSchema: {} }] },
    };
    const client: McpClient = {
      listTools: async (params) => {
        asked.push(params?.cursor);
        return pages[params?.cursor ?? ''] ?? { tools: [] };
      },
      callTool: async () => ({}),
    };
    expect((await mcpTools(client)).map(({ name }) => name)).toEqual(['one', 'two']);
    expect(asked).toEqual([undefined, 'b', 'c']);
  });

  it.each([
    ['never ends', async () => ({ tools: [], nextCursor: 'again' })],
    ['is too long', async () => ({ tools: Array.from({ length: 129 }, (_, index) => ({ name: `t${index}`, inputSchema: {} })) })],
    ['fails', () => Promise.reject(new Error('gone'))],
  ])('throws remote-failed where the list %s', async (_, listTools) => {
    expect(await errorOf(mcpTools({ listTools, callTool: async () => ({}) }))).toMatchObject({ code: 'remote-failed' });
  });

  it('leaves out what can only be run as a task', async () => {
    const listTools = async () => ({ tools: [{ name: 'long', inputSchema: {}, execution: { taskSupport: 'required' as const } }] });
    expect(await mcpTools({ listTools, callTool: async () => ({}) })).toEqual([]);
  });

  it.each([
    ['client', [{}]],
    ['client', [undefined]],
    ['prefix', [{ listTools: () => {}, callTool: () => {} }, { prefix: 'a b' }]],
    ['timeoutMs', [{ listTools: () => {}, callTool: () => {} }, { timeoutMs: -1 }]],
    ['name', [{ listTools: () => {}, callTool: () => {} }, { name: 'x' }]],
  ])('refuses a wrong %s', async (field, args) => {
    expect(await errorOf((mcpTools as (...all: unknown[]) => Promise<unknown>)(...args))).toMatchObject({ code: 'invalid-argument', field });
  });

  it('throws aborted where its signal was raised', async () => {
    const client = await connected();
    expect(await errorOf(mcpTools(client, { abortSignal: AbortSignal.abort(new Error('mine')) }))).toMatchObject({
      code: 'aborted',
      cause: { message: 'mine' },
    });
  });

  it('works over stdio, with a server in a process of its own', async () => {
    const server = fileURLToPath(new URL('../support/mcp/weather-server.mjs', import.meta.url));
    const client = new Client({ name: 'test', version: '1.0.0' });
    await client.connect(new StdioClientTransport({ command: process.execPath, args: [server] }));
    closing.push(client);
    expect(await resultOf(client, 'get_weather', { city: 'Genova' })).toMatchObject({ content: '21 degrees in Genova' });
    expect(await resultOf(client, 'failing')).toMatchObject({ isError: true });
  });
});
