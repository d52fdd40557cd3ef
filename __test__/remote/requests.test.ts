import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../../src/index.ts';
import type { CheckedGenerateOptions, Dialect, DialectSettings, RequestBody } from '../../src/remote/dialect.ts';
import { dialects } from '../../src/remote/dialects.ts';
import { chatQuirks } from '../../src/remote/dialects/chat-quirks.ts';
import { errorOf } from '../support/error-of.ts';

const tools = [{ name: 'weather', description: 'The weather.', inputSchema: { type: 'object' } }];
const schema = { type: 'object', properties: { wind: { type: 'string' } } };

const conversation: readonly ChatMessage[] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Weather in Genova?' },
  {
    role: 'assistant',
    content: 'Let me look.',
    reasoning: 'I need a tool.',
    toolCalls: [{ toolCallId: 'call_a', toolName: 'weather', input: { city: 'Genova' }, inputText: '{"city": "Genova"}' }],
  },
  { role: 'tool', toolCallId: 'call_a', toolName: 'weather', content: '{"degrees":21}' },
];

function requestOf(
  dialect: Dialect,
  options: CheckedGenerateOptions = {},
  { quirks = {}, providerOptions = {}, messages = [{ role: 'user', content: 'Hi' }] as readonly ChatMessage[] } = {} as Partial<
    DialectSettings & { messages: readonly ChatMessage[] }
  >,
): RequestBody & { readonly body: Record<string, unknown> } {
  const request = dialect.request({ model: 'm', prompt: { messages }, options }, { quirks, providerOptions });
  return request as RequestBody & { readonly body: Record<string, unknown> };
}

describe('openai-chat', () => {
  const chat = dialects['openai-chat'];

  it('says every option that the protocol has', () => {
    const options: CheckedGenerateOptions = {
      maxOutputTokens: 64,
      temperature: 0.5,
      topP: 0.9,
      frequencyPenalty: 0.1,
      presencePenalty: -0.1,
      seed: 7,
      stopSequences: ['\n\n'],
      logprobs: 2,
      logitBias: { 5: 3 },
      bannedTokens: [9],
      responseFormat: { type: 'json', schema },
      tools,
      toolChoice: { type: 'tool', toolName: 'weather' },
    };
    expect(requestOf(chat, options)).toEqual({
      path: '/chat/completions',
      body: {
        model: 'm',
        messages: [{ role: 'user', content: 'Hi' }],
        max_completion_tokens: 64,
        temperature: 0.5,
        top_p: 0.9,
        frequency_penalty: 0.1,
        presence_penalty: -0.1,
        seed: 7,
        stop: ['\n\n'],
        logprobs: true,
        top_logprobs: 2,
        logit_bias: { 5: 3, 9: -100 },
        response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } },
        tools: [{ type: 'function', function: { name: 'weather', description: 'The weather.', parameters: { type: 'object' } } }],
        tool_choice: { type: 'function', function: { name: 'weather' } },
        parallel_tool_calls: false,
        stream: true,
        stream_options: { include_usage: true },
      },
    });
  });

  it('leaves out what asks for nothing', () => {
    const nothing: CheckedGenerateOptions = { topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, priority: 0, stopSequences: [], tools: [] };
    expect(Object.keys(requestOf(chat, nothing).body)).toEqual(['model', 'messages', 'stream', 'stream_options']);
  });

  it('sends a conversation with calls and results', () => {
    expect(requestOf(chat, {}, { messages: conversation }).body['messages']).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Weather in Genova?' },
      {
        role: 'assistant',
        content: 'Let me look.',
        tool_calls: [{ id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city": "Genova"}' } }],
      },
      { role: 'tool', tool_call_id: 'call_a', content: '{"degrees":21}' },
    ]);
  });

  it('sends reasoning back, and names of tools, to those who need them', () => {
    const { body } = requestOf(chat, {}, { messages: conversation, quirks: chatQuirks.moonshot });
    expect(body['messages']).toMatchObject([{}, {}, { reasoning_content: 'I need a tool.' }, { name: 'weather' }]);
  });

  it('continues bare text as a completion', () => {
    const request = { model: 'm', prompt: { text: 'Once' }, options: { maxOutputTokens: 5, logprobs: 1 } };
    expect(chat.request(request, { quirks: {}, providerOptions: {} })).toEqual({
      path: '/completions',
      body: { model: 'm', prompt: 'Once', max_tokens: 5, logprobs: 1, stream: true, stream_options: { include_usage: true } },
    });
  });

  it.each([
    ['vllm', { topK: 5, minP: 0.1, repetitionPenalty: 1.1, priority: 3 }, { top_k: 5, min_p: 0.1, repetition_penalty: 1.1, priority: -3 }],
    ['vllm', { grammar: { type: 'regex', pattern: 'a+' } }, { structured_outputs: { regex: 'a+' } }],
    ['vllm', { templateVariables: { enable_thinking: false, x: 1 } }, { chat_template_kwargs: { enable_thinking: false, x: 1 } }],
    ['llama.cpp', { repetitionPenalty: 1.1, dry: { multiplier: 0.8, rangeTokens: 64 } }, { repeat_penalty: 1.1, dry_multiplier: 0.8, dry_penalty_last_n: 64 }],
    ['mistralrs', { grammar: { type: 'lark', source: 'start: "a"' } }, { grammar: { type: 'lark', value: 'start: "a"' } }],
    ['deepseek', { maxOutputTokens: 5, templateVariables: { enable_thinking: false } }, { max_tokens: 5, thinking: { type: 'disabled' } }],
    ['mistralrs', { templateVariables: { enable_thinking: true } }, { enable_thinking: true }],
    ['zhipu', { responseFormat: { type: 'json' } }, { response_format: { type: 'json_object' } }],
    ['moonshot', { maxOutputTokens: 5, tools, toolChoice: 'required' }, { max_completion_tokens: 5, tool_choice: 'required' }],
    ['llama-cpp-python', { responseFormat: { type: 'json', schema } }, { response_format: { type: 'json_object', schema } }],
    ['llama-cpp-python', { tools, toolChoice: { type: 'tool', toolName: 'weather' } }, { tool_choice: { function: { name: 'weather' } } }],
  ] as [keyof typeof chatQuirks, CheckedGenerateOptions, object][])('speaks to %s as it understands: %j', (name, options, fields) => {
    expect(requestOf(chat, options, { quirks: chatQuirks[name] }).body).toMatchObject(fields);
  });

  it('sends no tools where there is no word for calling none of them', () => {
    expect(requestOf(chat, { tools, toolChoice: 'none' }, { quirks: chatQuirks.zhipu }).body).not.toHaveProperty('tools');
    expect(requestOf(chat, { tools, toolChoice: 'none' }).body).toMatchObject({ tools: [{}], tool_choice: 'none' });
  });

  it.each([
    ['openai', { topK: 5 }, 'topK'],
    ['openai', { minP: 0.1 }, 'minP'],
    ['openai', { dry: { multiplier: 1 } }, 'dry'],
    ['openai', { forcedTokens: [1] }, 'forcedTokens'],
    ['openai', { stopSequences: ['a', 'b', 'c', 'd', 'e'] }, 'stopSequences'],
    ['openai', { grammar: { type: 'regex', pattern: 'a' } }, 'grammar.type'],
    ['openai', { templateVariables: { enable_thinking: true } }, 'templateVariables'],
    ['openai', { contextOverflow: 'truncate-oldest' }, 'contextOverflow'],
    ['mistralrs', { dry: { multiplier: 1, rangeTokens: 5 } }, 'dry.rangeTokens'],
    ['mistralrs', { responseFormat: { type: 'json' } }, 'responseFormat'],
    ['deepseek', { seed: 1 }, 'seed'],
    ['deepseek', { bannedTokens: [1] }, 'bannedTokens'],
    ['deepseek', { responseFormat: { type: 'json', schema } }, 'responseFormat.schema'],
    ['deepseek', { templateVariables: { style: 'x' } }, 'templateVariables.style'],
    ['moonshot', { seed: 1 }, 'seed'],
    ['zhipu', { stopSequences: ['a', 'b'] }, 'stopSequences'],
    ['zhipu', { tools, toolChoice: 'required' }, 'toolChoice'],
    ['hunyuan', { stopSequences: ['a'] }, 'stopSequences'],
    ['hunyuan', { responseFormat: { type: 'json' } }, 'responseFormat'],
    ['lmstudio', { minP: 0.1 }, 'minP'],
    ['lmstudio', { responseFormat: { type: 'json' } }, 'responseFormat'],
    ['llama-cpp-python', { tools, toolChoice: 'required' }, 'toolChoice'],
    ['llama.cpp', { tools, toolChoice: { type: 'tool', toolName: 'weather' } }, 'toolChoice.toolName'],
    ['compatible', { topK: 5 }, 'topK'],
  ] as [keyof typeof chatQuirks, CheckedGenerateOptions, string][])('refuses what %s cannot be told: %j', (name, options, field) => {
    const error = errorOf(() => requestOf(chat, options, { quirks: chatQuirks[name] }));
    expect(error).toMatchObject({ code: 'invalid-argument', field });
  });

  it('lets the caller have the last word, and sends no half characters', () => {
    const messages: ChatMessage[] = [{ role: 'user', content: 'Hi \uD83C' }];
    const { body } = requestOf(chat, {}, { messages, providerOptions: { stream_options: { extra: 1 }, reasoning_effort: 'low' } });
    expect(body).toMatchObject({
      messages: [{ content: 'Hi \uFFFD' }],
      stream_options: { include_usage: true, extra: 1 },
      reasoning_effort: 'low',
    });
  });
});

describe('openai-responses', () => {
  const responses = dialects['openai-responses'];

  it('says every option that the protocol has', () => {
    const options: CheckedGenerateOptions = { maxOutputTokens: 64, temperature: 1, topP: 0.9, logprobs: 2, contextOverflow: 'truncate-oldest', responseFormat: { type: 'json', schema }, tools, toolChoice: 'required' };
    expect(requestOf(responses, options)).toEqual({
      path: '/responses',
      body: {
        model: 'm',
        input: [{ role: 'user', content: 'Hi' }],
        max_output_tokens: 64,
        temperature: 1,
        top_p: 0.9,
        top_logprobs: 2,
        include: ['message.output_text.logprobs'],
        text: { format: { type: 'json_schema', name: 'answer', strict: true, schema } },
        tools: [{ type: 'function', name: 'weather', description: 'The weather.', parameters: { type: 'object' }, strict: false }],
        tool_choice: 'required',
        parallel_tool_calls: false,
        truncation: 'auto',
        stream: true,
      },
    });
  });

  it('sends a conversation as items, reasoning first', () => {
    const reasoning = { id: 'rs_1', type: 'reasoning', summary: [] };
    const messages = conversation.map((message) =>
      message.role === 'assistant' ? { ...message, providerData: [{ dialect: 'openai-responses', data: reasoning }] } : message,
    );
    const items = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Weather in Genova?' },
      reasoning,
      { role: 'assistant', content: 'Let me look.' },
      { type: 'function_call', call_id: 'call_a', name: 'weather', arguments: '{"city": "Genova"}' },
      { type: 'function_call_output', call_id: 'call_a', output: '{"degrees":21}' },
    ];
    expect(requestOf(responses, {}, { messages }).body['input']).toEqual(items);
    // A server that keeps nothing does not know the id.
    const forgotten = requestOf(responses, {}, { messages, providerOptions: { store: false } }).body['input'];
    expect(forgotten).toEqual(items.filter((item) => item !== reasoning));
  });

  it.each(['seed', 'stopSequences', 'frequencyPenalty', 'logitBias'] as const)('refuses %s', (field) => {
    const options = { seed: 1, stopSequences: ['a'], frequencyPenalty: 1, logitBias: { 1: 1 } };
    expect(errorOf(() => requestOf(responses, { [field]: options[field] }))).toMatchObject({ code: 'invalid-argument', field });
  });
});

describe('anthropic', () => {
  const { anthropic } = dialects;

  it('says every option that the protocol has', () => {
    const options: CheckedGenerateOptions = { maxOutputTokens: 64, temperature: 1, topP: 0.9, topK: 5, stopSequences: ['x'], responseFormat: { type: 'json', schema }, tools, toolChoice: 'required', templateVariables: { enable_thinking: false } };
    expect(requestOf(anthropic, options)).toEqual({
      path: '/v1/messages',
      body: {
        model: 'm',
        max_tokens: 64,
        messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
        temperature: 1,
        top_p: 0.9,
        top_k: 5,
        stop_sequences: ['x'],
        output_config: { format: { type: 'json_schema', schema } },
        tools: [{ name: 'weather', description: 'The weather.', input_schema: { type: 'object' } }],
        tool_choice: { type: 'any', disable_parallel_tool_use: true },
        thinking: { type: 'disabled' },
        stream: true,
      },
    });
  });

  it('sends thinking back where it was, signed as it was', () => {
    const thinking = (text: string) => ({ type: 'thinking', thinking: text, signature: `signed ${text}` });
    const messages = conversation.map((message) =>
      message.role === 'assistant'
        ? {
            ...message,
            providerData: [
              { dialect: 'anthropic', data: { block: thinking('one'), textBefore: 0, callsBefore: 0 } },
              { dialect: 'gemini', data: { block: {} } },
              { dialect: 'anthropic', data: { block: thinking('two'), textBefore: 12, callsBefore: 0 } },
            ],
          }
        : message,
    );
    const { body } = requestOf(anthropic, {}, { messages });
    expect(body['system']).toEqual([{ type: 'text', text: 'Be brief.' }]);
    expect(body['messages']).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Weather in Genova?' }] },
      {
        role: 'assistant',
        content: [
          thinking('one'),
          { type: 'text', text: 'Let me look.' },
          thinking('two'),
          { type: 'tool_use', id: 'call_a', name: 'weather', input: { city: 'Genova' } },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_a', content: '{"degrees":21}' }] },
    ]);
  });

  it('sends no thinking that nobody has signed', () => {
    const { body } = requestOf(anthropic, {}, { messages: conversation });
    expect(JSON.stringify(body)).not.toContain('I need a tool.');
  });

  it.each([
    [{ temperature: 1.5 }, 'temperature'],
    [{ seed: 1 }, 'seed'],
    [{ logprobs: 1 }, 'logprobs'],
    [{ responseFormat: { type: 'json' } }, 'responseFormat'],
    [{ templateVariables: { enable_thinking: true } }, 'templateVariables.enable_thinking'],
  ] as [CheckedGenerateOptions, string][])('refuses %j', (options, field) => {
    expect(errorOf(() => requestOf(anthropic, options))).toMatchObject({ code: 'invalid-argument', field });
  });
});

describe('gemini', () => {
  const { gemini } = dialects;

  it('says every option that the protocol has', () => {
    const options: CheckedGenerateOptions = { maxOutputTokens: 64, temperature: 1, topP: 0.9, topK: 5, frequencyPenalty: 0.1, presencePenalty: 0.2, seed: 7, stopSequences: ['x'], logprobs: 2, responseFormat: { type: 'json', schema }, tools, toolChoice: { type: 'tool', toolName: 'weather' }, templateVariables: { enable_thinking: false } };
    expect(requestOf(gemini, options)).toEqual({
      path: '/models/m:streamGenerateContent?alt=sse',
      body: {
        contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
        generationConfig: {
          maxOutputTokens: 64,
          temperature: 1,
          topP: 0.9,
          topK: 5,
          frequencyPenalty: 0.1,
          presencePenalty: 0.2,
          seed: 7,
          stopSequences: ['x'],
          responseLogprobs: true,
          logprobs: 2,
          responseMimeType: 'application/json',
          responseJsonSchema: schema,
          thinkingConfig: { thinkingBudget: 0 },
        },
        tools: [{ functionDeclarations: [{ name: 'weather', description: 'The weather.', parametersJsonSchema: { type: 'object' } }] }],
        toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['weather'] } },
      },
    });
  });

  it('sends a conversation, with signatures on the parts that they came with', () => {
    const data = { block: { thoughtSignature: 'c2ln', on: 'call' }, textBefore: 12, callsBefore: 0 };
    const messages = conversation.map((message) =>
      message.role === 'assistant' ? { ...message, providerData: [{ dialect: 'gemini', data }] } : message,
    );
    expect(requestOf(gemini, {}, { messages }).body).toMatchObject({
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      contents: [
        { role: 'user', parts: [{ text: 'Weather in Genova?' }] },
        { role: 'model', parts: [{ text: 'Let me look.' }, { functionCall: { name: 'weather', args: { city: 'Genova' } }, thoughtSignature: 'c2ln' }] },
        { role: 'user', parts: [{ functionResponse: { name: 'weather', response: { degrees: 21 } } }] },
      ],
    });
  });

  it('finds the name of the tool that a result is of, and asks for it where there is none', () => {
    const result = (toolCallId: string): ChatMessage => ({ role: 'tool', toolCallId, content: 'warm' });
    const { body } = requestOf(gemini, {}, { messages: [...conversation.slice(0, 3), result('call_a')] });
    expect(body['contents']).toMatchObject([{}, {}, { parts: [{ functionResponse: { name: 'weather', response: { result: 'warm' } } }] }]);
    const error = errorOf(() => requestOf(gemini, {}, { messages: [result('other')] }));
    expect(error).toMatchObject({ code: 'invalid-argument', field: 'messages[0].toolName' });
  });

  it.each(['minP', 'logitBias', 'repetitionPenalty'] as const)('refuses %s', (field) => {
    const options = { minP: 0.1, logitBias: { 1: 1 }, repetitionPenalty: 1.1 };
    expect(errorOf(() => requestOf(gemini, { [field]: options[field] }))).toMatchObject({ code: 'invalid-argument', field });
  });
});

describe('ollama', () => {
  const { ollama } = dialects;

  it('says every option that the protocol has', () => {
    const options: CheckedGenerateOptions = { maxOutputTokens: 64, temperature: 1, topP: 0.9, topK: 5, minP: 0.1, repetitionPenalty: 1.1, frequencyPenalty: 0.1, presencePenalty: 0.2, seed: 7, stopSequences: ['x'], logprobs: 2, responseFormat: { type: 'json', schema }, tools, templateVariables: { enable_thinking: true } };
    expect(requestOf(ollama, options)).toEqual({
      path: '/api/chat',
      body: {
        model: 'm',
        messages: [{ role: 'user', content: 'Hi' }],
        options: { num_predict: 64, temperature: 1, top_p: 0.9, top_k: 5, min_p: 0.1, repeat_penalty: 1.1, frequency_penalty: 0.1, presence_penalty: 0.2, seed: 7, stop: ['x'] },
        logprobs: true,
        top_logprobs: 2,
        format: schema,
        tools: [{ type: 'function', function: { name: 'weather', description: 'The weather.', parameters: { type: 'object' } } }],
        think: true,
        truncate: false,
        shift: false,
        stream: true,
      },
    });
  });

  it('sends a conversation with thinking, calls and results', () => {
    expect(requestOf(ollama, {}, { messages: conversation }).body['messages']).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Weather in Genova?' },
      {
        role: 'assistant',
        content: 'Let me look.',
        thinking: 'I need a tool.',
        tool_calls: [{ id: 'call_a', function: { index: 0, name: 'weather', arguments: { city: 'Genova' } } }],
      },
      { role: 'tool', content: '{"degrees":21}', tool_name: 'weather', tool_call_id: 'call_a' },
    ]);
  });

  it('refuses to force a call, and tells of no tools where none may be called', () => {
    expect(errorOf(() => requestOf(ollama, { tools, toolChoice: 'required' }))).toMatchObject({ field: 'toolChoice' });
    expect(requestOf(ollama, { tools, toolChoice: 'none' }).body).not.toHaveProperty('tools');
  });

  it('truncates only where it is asked to', () => {
    expect(requestOf(ollama, { contextOverflow: 'truncate-oldest' }).body).toMatchObject({ truncate: true });
    expect(errorOf(() => requestOf(ollama, { contextOverflow: 'stop' }))).toMatchObject({ field: 'contextOverflow' });
  });
});

it.each(['openai-responses', 'anthropic', 'gemini'] as const)('%s continues no bare text', (name) => {
  const request = { model: 'm', prompt: { text: 'Once' }, options: {} };
  const error = errorOf(() => dialects[name].request(request, { quirks: {}, providerOptions: {} }));
  expect(error).toMatchObject({ code: 'invalid-argument', field: 'prompt' });
});
