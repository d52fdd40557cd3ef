import { describe, expect, it } from 'vitest';
import { TramontaneError } from '../../src/index.ts';
import { createHandler } from '../../src/server/index.ts';
import { everyPart, part } from '../support/parts.ts';
import { eventsOf, hi, post, refusalOf } from '../support/server/ask.ts';
import { PlayedModel } from '../support/server/played-model.ts';

const path = '/v1/chat/completions';

function served(replies?: ConstructorParameters<typeof PlayedModel>[0]) {
  const model = new PlayedModel(replies);
  return { model, handler: createHandler({ models: { small: model } }) };
}

async function asked(fields: Record<string, unknown>): Promise<unknown> {
  const { model, handler } = served();
  const response = await handler.fetch(post(path, { messages: hi, ...fields }));
  expect(await response.json()).toMatchObject({ object: 'chat.completion' });
  const { abortSignal, messages, ...options } = model.requests[0] ?? {};
  expect(abortSignal).toBeInstanceOf(AbortSignal);
  return { ...options, ...(JSON.stringify(messages) !== JSON.stringify(hi) && { messages }) };
}

describe('a request', () => {
  it('becomes one in our words', async () => {
    expect(
      await asked({
        model: 'small',
        temperature: 0.5,
        top_p: 0.9,
        top_k: 40,
        min_p: 0.1,
        frequency_penalty: 1,
        presence_penalty: -1,
        repetition_penalty: 1.1,
        logit_bias: { 5: -100 },
        seed: 7,
        stop: 'END',
        max_completion_tokens: 9,
        dry_multiplier: 0.8,
        logprobs: true,
        top_logprobs: 2,
        reasoning_effort: 'low',
        user: 'ignored',
        n: null,
      }),
    ).toEqual({
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      minP: 0.1,
      frequencyPenalty: 1,
      presencePenalty: -1,
      repetitionPenalty: 1.1,
      logitBias: { 5: -100 },
      seed: 7,
      stopSequences: ['END'],
      maxOutputTokens: 9,
      dry: { multiplier: 0.8 },
      logprobs: 2,
      templateVariables: { reasoning_effort: 'low' },
    });
  });

  it('takes the words that other servers have for no limit', async () => {
    expect(await asked({ max_tokens: -1, seed: -1, top_k: -1, top_p: 0 })).toEqual({ topK: 0, topP: 1e-9 });
  });

  it('has messages of every role, content in parts, and calls with their answers', async () => {
    const messages = [
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'Sum ' }, { type: 'text', text: 'up.' }] },
      { role: 'assistant', content: null, reasoning_content: 'Hm.', tool_calls: [{ id: 'a', type: 'function', function: { name: 'add', arguments: '{"a":1}' } }] },
      { role: 'tool', tool_call_id: 'a', content: '1' },
    ];
    expect(await asked({ messages })).toEqual({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Sum up.' },
        { role: 'assistant', content: '', reasoning: 'Hm.', toolCalls: [{ toolCallId: 'a', toolName: 'add', input: { a: 1 }, inputText: '{"a":1}' }] },
        { role: 'tool', toolCallId: 'a', toolName: 'add', content: '1' },
      ],
    });
  });

  it('tells the model of the allowed tools alone', async () => {
    const tools = ['add', 'say', 'go'].map((name) => ({ type: 'function', function: { name } }));
    const allowed = { mode: 'required', tools: [{ type: 'function', function: { name: 'go' } }, { type: 'function', function: { name: 'add' } }] };
    const { tools: told, toolChoice } = (await asked({ tools, tool_choice: { type: 'allowed_tools', allowed_tools: allowed } })) as { tools: { name: string }[]; toolChoice: string };
    expect(told.map(({ name }) => name)).toEqual(['add', 'go']);
    expect(toolChoice).toBe('required');
  });

  it('has tools and a choice of them, or a format', async () => {
    const tools = [{ type: 'function', function: { name: 'add', description: 'Adds.', strict: true } }];
    expect(await asked({ tools, tool_choice: { type: 'function', function: { name: 'add' } } })).toEqual({
      tools: [{ name: 'add', description: 'Adds.', inputSchema: { type: 'object', properties: {} } }],
      toolChoice: { type: 'tool', toolName: 'add' },
    });
    const schema = { type: 'object' };
    expect(await asked({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } })).toEqual({ responseFormat: { type: 'json', schema } });
    expect(await asked({ response_format: { type: 'json_object' } })).toEqual({ responseFormat: { type: 'json' } });
    expect(await asked({ guided_choice: ['yes', 'n.o'] })).toEqual({ grammar: { type: 'regex', pattern: '(yes|n\\.o)' } });
  });
});

describe('a field that cannot be used is named as the caller has spelt it', () => {
  const call = (more: object) => [{ role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}', ...more } }] }];
  it.each<[string, Record<string, unknown>]>([
    ['messages', {}],
    ['messages', { messages: [] }],
    ['messages[0].role', { messages: [{ role: 'robot', content: '' }] }],
    ['messages[1].content', { messages: [...hi, { role: 'user' }] }],
    ['messages[0].content[1].type', { messages: [{ role: 'user', content: [{ type: 'text', text: '' }, { type: 'image_url' }] }] }],
    ['messages[0].tool_call_id', { messages: [{ role: 'tool', content: '' }] }],
    ['messages[0].tool_calls[0].function.name', { messages: call({ name: '' }) }],
    ['messages[0].tool_calls[0].function.arguments', { messages: call({ arguments: 1 }) }],
    ['max_tokens', { messages: hi, max_tokens: 0 }],
    ['max_completion_tokens', { messages: hi, max_completion_tokens: 'many' }],
    ['max_completion_tokens', { messages: hi, max_completion_tokens: 5, max_tokens: 5 }],
    ['temperature', { messages: hi, temperature: 'hot' }],
    ['repeat_penalty', { messages: hi, repeat_penalty: -1 }],
    ['dry_base', { messages: hi, dry_multiplier: 1, dry_base: 0 }],
    ['stop[1]', { messages: hi, stop: ['a', ''] }],
    ['logit_bias.x', { messages: hi, logit_bias: { x: 1 } }],
    ['n', { messages: hi, n: 0 }],
    ['n', { messages: hi, n: 129 }],
    ['top_logprobs', { messages: hi, logprobs: true, top_logprobs: 21 }],
    ['top_logprobs', { messages: hi, top_logprobs: 2 }],
    ['tools[0].type', { messages: hi, tools: [{ type: 'web' }] }],
    ['tools[0].function.name', { messages: hi, tools: [{ type: 'function', function: { name: 'a b' } }] }],
    ['tools[0].function.parameters', { messages: hi, tools: [{ type: 'function', function: { name: 'a', parameters: 1 } }] }],
    ['tool_choice', { messages: hi, tool_choice: 'required' }],
    ['tool_choice', { messages: hi, tool_choice: 'maybe' }],
    ['tool_choice', { messages: hi, tools: [{ type: 'function', function: { name: 'a' } }], tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'any', tools: [] } } }],
    ['tool_choice.allowed_tools.tools', {
      messages: hi,
      tools: [{ type: 'function', function: { name: 'a' } }],
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'b' } }] } },
    }],
    ['tool_choice.function.name', { messages: hi, tools: [{ type: 'function', function: { name: 'a' } }], tool_choice: { type: 'function', function: { name: 'b' } } }],
    ['response_format.type', { messages: hi, response_format: { type: 'xml' } }],
    ['response_format.json_schema.schema', { messages: hi, response_format: { type: 'json_schema', json_schema: {} } }],
    ['response_format.json_schema.schema', { messages: hi, response_format: { type: 'json_schema', json_schema: { schema: 1 } } }],
    ['guided_regex', { messages: hi, guided_regex: 5 }],
    ['stream', { messages: hi, stream: 'yes' }],
    ['stream_options.include_usage', { messages: hi, stream_options: { include_usage: 1 } }],
    ['modalities', { messages: hi, modalities: ['audio'] }],
    ['model', { messages: hi, model: 5 }],
  ])('%s', async (field, fields) => {
    const { handler } = served();
    const refusal = await refusalOf(handler, fields);
    expect(refusal).toMatchObject({ status: 400, param: field, type: 'invalid_request_error', code: 'invalid_value' });
    expect(refusal['message']).toContain(field);
  });

  it('an unknown field is refused, with the one that was meant', async () => {
    const refusal = await refusalOf(served().handler, { messages: hi, temprature: 1 });
    expect(refusal).toMatchObject({ status: 400, param: 'temprature', code: 'unknown_parameter' });
    expect(refusal['message']).toContain('temperature');
  });
});

describe('an answer', () => {
  it('has text, reasoning, calls, log probabilities and usage', async () => {
    const { handler } = served([everyPart]);
    const answer = await (await handler.fetch(post(path, { messages: hi, logprobs: true }))).json();
    expect(answer).toMatchObject({
      object: 'chat.completion',
      model: 'small',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'One moment',
            reasoning_content: 'Let me look.',
            tool_calls: [{ id: 'call-1', type: 'function', function: { name: 'weather', arguments: '{"city":"Genova"}' } }],
          },
          logprobs: { content: [{ token: 'One', bytes: [79, 110, 101] }, { token: ' ' }] },
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: expect.any(Number) },
    });
  });

  it('counts a prompt once for all of its choices', async () => {
    const finish = { ...part.finish(), usage: { inputTokens: 10, outputTokens: 3, totalTokens: 13, cachedInputTokens: 4 } } as const;
    const { handler } = served([['a', finish], ['b', finish]]);
    const whole = await (await handler.fetch(post(path, { messages: hi, n: 2 }))).json();
    const usage = { prompt_tokens: 10, completion_tokens: 6, total_tokens: 16, prompt_tokens_details: { cached_tokens: 4 } };
    expect(whole).toMatchObject({ choices: [{ index: 0, message: { content: 'a' } }, { index: 1, message: { content: 'b' } }], usage });
    const streamed = await eventsOf(await handler.fetch(post(path, { messages: hi, n: 2, stream: true, stream_options: { include_usage: true } })));
    expect(streamed.at(-2)).toMatchObject({ choices: [], usage });
  });

  it('streams choices as they come, each with its index, a role and one finish reason', async () => {
    const { handler } = served([['a', 'b'], ['c', 'd']]);
    const response = await handler.fetch(post(path, { messages: hi, n: 2, stream: true }));
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    const events = await eventsOf(response);
    expect(events.at(-1)).toBe('[DONE]');
    const choices = events.slice(0, -1).map((event) => (event as { choices: [{ index: number; delta: Record<string, string>; finish_reason: string | null }] }).choices[0]);
    for (const index of [0, 1]) {
      const own = choices.filter((choice) => choice.index === index);
      expect(own[0]?.delta).toEqual({ role: 'assistant', content: '' });
      expect(own.map(({ delta }) => delta['content'] ?? '').join('')).toBe(index === 0 ? 'ab' : 'cd');
      expect(own.map((choice) => choice.finish_reason).filter((reason) => reason !== null)).toEqual(['stop']);
    }
    expect(choices.findIndex(({ index }) => index === 1)).toBeLessThan(choices.findLastIndex(({ index }) => index === 0));
  });

  it('has one call at most where parallel_tool_calls is false', async () => {
    const calls = [part.toolStart(0, 'a', 'f'), part.toolDelta(0, 'a', '{}'), part.tool(0, 'a', 'f', {}), part.toolStart(1, 'b', 'g'), part.tool(1, 'b', 'g', {})];
    const { handler } = served([calls]);
    const fields = { messages: hi, parallel_tool_calls: false };
    const whole = (await (await handler.fetch(post(path, fields))).json()) as { choices: [{ message: { tool_calls: unknown[] } }] };
    expect(whole.choices[0].message.tool_calls).toMatchObject([{ id: 'a' }]);
    const events = JSON.stringify(await eventsOf(await handler.fetch(post(path, { ...fields, stream: true }))));
    expect(events).toContain('"id":"a"');
    expect(events).not.toContain('"id":"b"');
  });
});

describe('a failure', () => {
  const engine = new TramontaneError('engine-failed', 'out of memory in /home/somebody/model.gguf');

  it('before the first part has a status of its own, streamed or not', async () => {
    for (const stream of [true, false]) {
      const { handler } = served([[engine]]);
      const refusal = await refusalOf(handler, { messages: hi, stream });
      expect(refusal).toEqual({ status: 500, message: 'the engine failed', type: 'server_error', param: null, code: 'engine_failed' });
    }
  });

  it.each([
    [new TramontaneError('queue-full', 'full', { retryAfterMs: 2500 }), 429, 'queue_full', '3'],
    [new TramontaneError('queue-full', 'full'), 429, 'queue_full', '1'],
    [new TramontaneError('context-overflow', 'too long'), 400, 'context_length_exceeded', null],
    [new TramontaneError('closed', 'closed'), 503, 'model_closed', '1'],
    [new TramontaneError('first-token-timeout', 'slow'), 504, 'first_token_timeout', null],
    [new TramontaneError('connection-failed', 'http://10.0.0.7 refused'), 502, 'upstream_failed', null],
    [new TramontaneError('rate-limited', 'slow down', { retryAfterMs: 500 }), 429, 'rate_limit_exceeded', '1'],
  ])('%s has the status and the time to wait that belong to it', async (error, status, code, retryAfter) => {
    const { handler } = served([[error]]);
    const response = await handler.fetch(post(path, { messages: hi }));
    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBe(retryAfter);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({ error: { code } });
    expect(body).not.toContain('10.0.0.7');
  });

  it('after the first part is an event, and nothing follows it', async () => {
    const { handler } = served([['Once upon', engine]]);
    const response = await handler.fetch(post(path, { messages: hi, stream: true }));
    expect(response.status).toBe(200);
    const events = await eventsOf(response);
    expect(events.at(-1)).toEqual({ error: { message: 'the engine failed', type: 'server_error', param: null, code: 'engine_failed' } });
    expect(JSON.stringify(events)).toContain('Once upon');
  });

  it('of one choice ends all of them', async () => {
    const { handler } = served([['a', 'b'], [engine]]);
    expect(await refusalOf(handler, { messages: hi, n: 2 })).toMatchObject({ status: 500 });
    const events = await eventsOf(await handler.fetch(post(path, { messages: hi, n: 2, stream: true })));
    expect(events.filter((event) => typeof event === 'object' && event !== null && 'error' in event)).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ error: { code: 'engine_failed' } });
  });

  it('is told to onError with all that is known, and to nobody else', async () => {
    const failures: unknown[] = [];
    const handler = createHandler({ models: new PlayedModel([[engine]]), onError: (failure) => failures.push(failure) });
    const response = await handler.fetch(post(path, { messages: hi }));
    expect(failures).toEqual([{ error: expect.objectContaining({ code: 'engine-failed' }), requestId: response.headers.get('x-request-id'), route: path }]);
    await handler.fetch(post(path, {}));
    expect(failures).toHaveLength(1);
  });
});
