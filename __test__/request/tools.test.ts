import { describe, expect, it } from 'vitest';
import type { ChatMessage, CompletionRequest, GenerateOptions, ToolDefinition } from '../../src/index.ts';
import { prepareChat, prepareCompletion, preparePrompt } from '../../src/request/prepare-request.ts';

const sent = (options: unknown) => JSON.parse(preparePrompt('Hi', options as GenerateOptions).json) as Record<string, unknown>;
const invalid = (field: string) => expect.objectContaining({ code: 'invalid-argument', field });
const weather: ToolDefinition = {
  name: 'get_weather',
  description: 'The weather of a city.',
  inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const tool = (name: unknown) => ({ name, inputSchema: {} });

describe('tools', () => {
  it.each<[GenerateOptions]>([
    [{ tools: [weather] }],
    [{ tools: [weather], toolChoice: 'auto' }],
    [{ tools: [weather], toolChoice: 'none' }],
    [{ tools: [weather], toolChoice: 'required' }],
    [{ tools: [weather], toolChoice: { type: 'tool', toolName: 'get_weather' } }],
    [{ tools: [weather], grammar: { type: 'regex', pattern: 'a' } }],
    [{ tools: [weather], toolChoice: 'required', responseFormat: { type: 'text' } }],
    [{ tools: Array.from({ length: 128 }, (_, index) => tool(`t-${index}`)) as ToolDefinition[] }],
  ])('are sent: %j', (options) => {
    expect(sent(options)).toMatchObject(options);
  });

  it('are copied', () => {
    const inputSchema = { type: 'object', required: ['a'] };
    const { json } = preparePrompt('Hi', { tools: [{ name: 'f', inputSchema }] });
    inputSchema.required.push('b');
    expect(JSON.parse(json).tools[0].inputSchema.required).toEqual(['a']);
  });

  it('that are none are not sent, nor is the choice among them', () => {
    expect(Object.keys(sent({ tools: [], toolChoice: 'auto' }))).toEqual(['prompt', 'temperature', 'topK', 'topP']);
    expect(sent({ toolChoice: 'none' })).not.toHaveProperty('toolChoice');
  });

  it.each<[string, unknown]>([
    ['tools', { tools: null }],
    ['tools', { tools: weather }],
    ['tools', { tools: Array.from({ length: 129 }, (_, index) => tool(`t${index}`)) }],
    ['tools[0]', { tools: [null] }],
    ['tools[0]', { tools: [undefined] }],
    ['tools[0].name', { tools: [tool(undefined)] }],
    ['tools[0].name', { tools: [tool('')] }],
    ['tools[0].name', { tools: [tool('get weather')] }],
    ['tools[0].name', { tools: [tool('a'.repeat(65))] }],
    ['tools[1].name', { tools: [weather, weather] }],
    ['tools[0].description', { tools: [{ ...weather, description: null }] }],
    ['tools[0].inputSchema', { tools: [{ name: 'f' }] }],
    ['tools[0].inputSchema', { tools: [{ name: 'f', inputSchema: true }] }],
    ['tools[0].inputSchema.a', { tools: [{ name: 'f', inputSchema: { a: () => 1 } }] }],
    ['tools[0].parameters', { tools: [{ name: 'f', parameters: {} }] }],
    ['toolChoice', { tools: [weather], toolChoice: null }],
    ['toolChoice', { tools: [weather], toolChoice: 'any' }],
    ['toolChoice.type', { tools: [weather], toolChoice: { type: 'function', toolName: 'get_weather' } }],
    ['toolChoice.toolName', { tools: [weather], toolChoice: { type: 'tool', toolName: 'other' } }],
    ['toolChoice.toolName', { tools: [weather], toolChoice: { type: 'tool' } }],
    ['toolChoice', { toolChoice: 'required' }],
    ['toolChoice', { tools: [weather], toolChoice: 'required', grammar: { type: 'regex', pattern: 'a' } }],
    ['toolChoice', { tools: [weather], toolChoice: { type: 'tool', toolName: 'get_weather' }, responseFormat: { type: 'json' } }],
  ])('are refused, naming %s: %o', (field, options) => {
    expect(() => sent(options)).toThrow(invalid(field));
  });
});

describe('what is for conversations', () => {
  it.each<[string, Partial<GenerateOptions>]>([
    ['tools', { tools: [weather] }],
    ['templateVariables', { templateVariables: { enable_thinking: false } }],
    ['contextOverflow', { contextOverflow: 'truncate-oldest' }],
  ])('%s goes with messages, and not with text or tokens', (field, options) => {
    const messages: ChatMessage[] = [{ role: 'user', content: 'Hi' }];
    expect(JSON.parse(prepareCompletion({ messages, ...options }).json)).toMatchObject(options);
    expect(sent(options)).toMatchObject(options);
    for (const prompt of [{ prompt: 'Hi' }, { tokens: [1] }]) {
      expect(() => prepareCompletion({ ...prompt, ...options } as CompletionRequest)).toThrow(invalid(field));
    }
  });

  it('contextOverflow may otherwise be of any prompt', () => {
    for (const contextOverflow of ['error', 'stop'] as const) {
      expect(JSON.parse(prepareCompletion({ prompt: 'Hi', contextOverflow }).json)).toMatchObject({ contextOverflow });
    }
  });

  it.each<[string, unknown]>([
    ['contextOverflow', { contextOverflow: 'truncate' }],
    ['contextOverflow', { contextOverflow: null }],
    ['templateVariables', { templateVariables: null }],
    ['templateVariables', { templateVariables: [1] }],
    ['templateVariables', { templateVariables: new Map() }],
    ['templateVariables.now', { templateVariables: { now: new Date() } }],
  ])('is refused, naming %s: %o', (field, options) => {
    expect(() => sent(options)).toThrow(invalid(field));
  });
});

describe('messages of tools', () => {
  const call = { toolCallId: 'a1', toolName: 'get_weather', input: { city: 'Genova' }, inputText: '{"city": "Genova"}' };
  const turn = (toolCalls: unknown) => ({ role: 'assistant', content: '', toolCalls });
  const sentMessages = (...messages: unknown[]) =>
    (JSON.parse(prepareChat(messages as ChatMessage[]).json) as { prompt: { messages: unknown[] } }).prompt.messages;

  it('are sent with all they have, and nothing else', () => {
    const messages = [
      { role: 'assistant', content: '', reasoning: 'Hm.', toolCalls: [call] },
      { role: 'tool', toolCallId: 'a1', toolName: 'get_weather', content: '21 degrees' },
      { role: 'tool', toolCallId: '', content: '' },
    ];
    expect(sentMessages(...messages.map((message) => ({ ...message, id: 7 })))).toEqual(messages);
  });

  it('may have either form of the arguments', () => {
    const { inputText: _, ...parsed } = call;
    const { input: __, ...written } = call;
    expect(sentMessages(turn([parsed, { ...written, inputText: '{"city": ' }, { ...parsed, input: null }]))).toMatchObject([
      { toolCalls: [parsed, { ...written, inputText: '{"city": ' }, { input: null }] },
    ]);
  });

  it.each<[string, unknown]>([
    ['messages[0].reasoning', { role: 'assistant', content: '', reasoning: null }],
    ['messages[0].content', { role: 'assistant', toolCalls: [call] }],
    ['messages[0].toolCalls', turn(null)],
    ['messages[0].toolCalls', turn({})],
    ['messages[0].toolCalls[0]', turn(['get_weather'])],
    ['messages[0].toolCalls[0].toolName', turn([{ ...call, toolName: '' }])],
    ['messages[0].toolCalls[0].toolCallId', turn([{ ...call, toolCallId: undefined }])],
    ['messages[0].toolCalls[0].input', turn([{ toolCallId: '', toolName: 'f' }])],
    ['messages[0].toolCalls[0].input.at', turn([{ ...call, input: { at: 1n } }])],
    ['messages[0].toolCalls[0].inputText', turn([{ ...call, inputText: {} }])],
    ['messages[0].toolCallId', { role: 'tool', content: 'a' }],
    ['messages[0].toolName', { role: 'tool', content: 'a', toolCallId: 'b', toolName: 5 }],
    ['messages[0].content', { role: 'tool', content: { degrees: 21 }, toolCallId: 'b' }],
    ['messages[0].role', { role: 'function', content: 'a' }],
  ])('are refused, naming %s: %o', (field, message) => {
    expect(() => sentMessages(message)).toThrow(invalid(field));
  });
});
