import { describe, expect, it } from 'vitest';
import { TramontaneError } from '../../../src/index.ts';
import type { StreamPart } from '../../../src/index.ts';
import { createHandler } from '../../../src/server/index.ts';
import type { ServerHandler } from '../../../src/server/index.ts';
import { get, hi, post } from '../../support/server/ask.ts';
import { PlayedModel } from '../../support/server/played-model.ts';

const usage = { inputTokens: 12, outputTokens: 3, totalTokens: 15, cachedInputTokens: 0 };
const timings = { queuedMs: 1, prefillMs: 2, firstTokenMs: 3, decodeMs: 4, totalMs: 10, pausedMs: 0, stopMs: null, tokensPerSecond: null };
const finish = { type: 'finish', finishReason: 'stop', usage, timings } as const;
const call: StreamPart = { type: 'tool-call', index: 0, toolCallId: 'a1', toolName: 'add', input: { a: 2 }, inputText: '{"a":2}' };

/** A model that says of itself what one in this process does. */
class LocalModel extends PlayedModel {
  override readonly info = { model: 'played', contextLength: 64, chatTemplate: null as string | null };
}

function handlerOf(model = new PlayedModel([['Hel', 'lo', finish]])): ServerHandler {
  return createHandler({ models: { small: model } });
}

async function linesOf(handler: ServerHandler, path: string, body: object): Promise<Record<string, unknown>[]> {
  const response = await handler.fetch(post(path, { model: 'small', ...body }));
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/x-ndjson');
  const text = await response.text();
  expect(text.endsWith('\n')).toBe(true);
  return text.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function wholeOf(handler: ServerHandler, path: string, body: object): Promise<Record<string, unknown>> {
  const response = await handler.fetch(post(path, { model: 'small', stream: false, ...body }));
  expect(response.headers.get('content-type')).toBe('application/json');
  return { status: response.status, ...((await response.json()) as object) };
}

const ending = {
  done: true,
  done_reason: 'stop',
  load_duration: expect.any(Number),
  prompt_eval_count: 12,
  prompt_eval_duration: 2_000_000,
  eval_count: 3,
  eval_duration: 4_000_000,
};

describe('/api/chat', () => {
  it('streams lines unless it is told not to, with counts and nanoseconds in the last', async () => {
    const lines = await linesOf(handlerOf(), '/api/chat', { model: 'small:latest', messages: hi });
    expect(lines).toMatchObject([
      { model: 'small:latest', message: { role: 'assistant', content: 'Hel' }, done: false },
      { message: { role: 'assistant', content: 'lo' }, done: false },
      { model: 'small:latest', message: { role: 'assistant', content: '' }, ...ending },
    ]);
    expect(lines.at(-1)?.['total_duration']).toBeGreaterThanOrEqual(10_000_000);
    for (const { created_at: at } of lines) expect(new Date(at as string).toISOString()).toBe(at);
    const whole = await wholeOf(handlerOf(), '/api/chat', { messages: hi });
    expect(whole).toMatchObject({ status: 200, model: 'small', message: { role: 'assistant', content: 'Hello' }, ...ending });
  });

  it('tells thinking, calls and probabilities where they belong', async () => {
    const tokens = [{ text: 'Hi', logProbability: -0.5, alternatives: [{ text: 'Hi', logProbability: -0.5 }] }];
    const parts = [{ type: 'reasoning-delta', delta: 'Hm.' }, { type: 'log-probabilities', tokens }, 'Hi', call, { ...finish, finishReason: 'tool-calls' }] as StreamPart[];
    const model = new PlayedModel([parts]);
    const lines = await linesOf(handlerOf(model), '/api/chat', { messages: hi, logprobs: true, think: true });
    const tool = { id: 'a1', function: { index: 0, name: 'add', arguments: { a: 2 } } };
    const logprobs = [{ token: 'Hi', logprob: -0.5, top_logprobs: [{ token: 'Hi', logprob: -0.5 }] }];
    expect(lines).toMatchObject([
      { message: { content: '', thinking: 'Hm.' } },
      { message: { content: 'Hi' }, logprobs },
      { message: { content: '', tool_calls: [tool] }, done: false },
      { done: true, done_reason: 'stop' },
    ]);
    expect(model.requests[0]).toMatchObject({ logprobs: 0, templateVariables: { enable_thinking: true } });
    const whole = await wholeOf(handlerOf(new PlayedModel([parts])), '/api/chat', { messages: hi });
    expect(whole).toMatchObject({ message: { content: 'Hi', thinking: 'Hm.', tool_calls: [tool] }, logprobs });
  });

  it('gives a call whose arguments are no object as the text that it is', async () => {
    const broken: StreamPart = { ...call, input: undefined, inputText: '{"a":' };
    const lines = await linesOf(handlerOf(new PlayedModel([[broken]])), '/api/chat', { messages: hi });
    expect(lines[0]).toMatchObject({ message: { content: '{"a":' } });
    const whole = await wholeOf(handlerOf(new PlayedModel([[broken]])), '/api/chat', { messages: hi });
    expect(whole['message']).toEqual({ role: 'assistant', content: '{"a":' });
  });

  it('reads messages, tools, format and options', async () => {
    const model = new PlayedModel();
    const messages = [
      ...hi,
      { role: 'assistant', tool_calls: [{ function: { name: 'add', arguments: { a: 2 } } }, { id: 'x', function: { name: 'say', arguments: {} } }] },
      { role: 'tool', tool_name: 'say', content: 'said' },
      { role: 'tool', content: '2' },
      { role: 'assistant', content: 'Two.', thinking: 'Easy.', images: null },
    ];
    const parameters = { type: 'object', properties: {} };
    const options = { num_predict: 5, temperature: 0, top_k: -1, top_p: 0.5, min_p: 0.1, seed: 7, stop: ['\n', ''], repeat_penalty: 1.1, presence_penalty: 1, frequency_penalty: -1, num_ctx: 4096, mirostat: 1 };
    await wholeOf(handlerOf(model), '/api/chat', { messages, tools: [{ type: 'function', function: { name: 'add', parameters } }], format: parameters, options, think: 'low', unheard_of: 1 });
    expect(model.requests[0]).toMatchObject({
      messages: [
        ...hi,
        { role: 'assistant', content: '', toolCalls: [{ toolName: 'add', input: { a: 2 } }, { toolCallId: 'x', toolName: 'say' }] },
        { role: 'tool', toolCallId: 'x', toolName: 'say', content: 'said' },
        { role: 'tool', toolName: 'add', content: '2' },
        { role: 'assistant', content: 'Two.', reasoning: 'Easy.' },
      ],
      tools: [{ name: 'add', inputSchema: parameters }],
      responseFormat: { type: 'json', schema: parameters },
      templateVariables: { enable_thinking: true, reasoning_effort: 'low' },
      maxOutputTokens: 5,
      temperature: 0,
      topK: 0,
      topP: 0.5,
      minP: 0.1,
      seed: 7,
      stopSequences: ['\n'],
      repetitionPenalty: 1.1,
      presencePenalty: 1,
      frequencyPenalty: -1,
    });
    const [, asked, , answer] = (model.requests[0] as unknown as { messages: { toolCalls?: { toolCallId: string }[]; toolCallId?: string }[] }).messages;
    expect(answer?.toolCallId).toBe(asked?.toolCalls?.[0]?.toolCallId);
  });

  it('leaves out the oldest turns where the context is known, unless it is told not to', async () => {
    const model = new LocalModel();
    const handler = handlerOf(model);
    for (const truncate of [undefined, true, false]) await wholeOf(handler, '/api/chat', { messages: hi, truncate });
    await wholeOf(handler, '/api/generate', { prompt: 'Hi', raw: true });
    expect(model.requests.map(({ contextOverflow }) => contextOverflow)).toEqual(['truncate-oldest', 'truncate-oldest', undefined, undefined]);
    const elsewhere = new PlayedModel();
    await wholeOf(handlerOf(elsewhere), '/api/chat', { messages: hi });
    expect(elsewhere.requests[0]?.contextOverflow).toBeUndefined();
  });

  it('ends a stream that fails with a line that says so', async () => {
    const failing = new PlayedModel([['Hel', new TramontaneError('engine-failed', 'out of memory at /secret')]]);
    const lines = await linesOf(handlerOf(failing), '/api/chat', { messages: hi });
    expect(lines).toEqual([expect.objectContaining({ message: { role: 'assistant', content: 'Hel' } }), { error: 'the engine failed' }]);
  });

  it('fills silences with lines that say nothing', async () => {
    const slow = new PlayedModel([['a', 'b']], 60);
    const handler = createHandler({ models: { small: slow }, keepAliveMs: 10 });
    const lines = await linesOf(handler, '/api/chat', { messages: hi });
    const texts = lines.map(({ message }) => (message as { content: string }).content);
    expect(texts.length).toBeGreaterThan(3);
    expect(texts.join('')).toBe('ab');
  });
});

describe('/api/generate', () => {
  it('answers a prompt as a conversation, and continues it as it stands with raw', async () => {
    const model = new PlayedModel([['Hel', 'lo', finish]]);
    const handler = handlerOf(model);
    expect(await linesOf(handler, '/api/generate', { prompt: 'Say hello.', system: 'Be brief.' })).toMatchObject([
      { model: 'small', response: 'Hel', done: false },
      { response: 'lo', done: false },
      { response: '', ...ending },
    ]);
    expect(await wholeOf(handler, '/api/generate', { prompt: 'Say ', raw: true, think: false, format: 'json' })).toMatchObject({ response: 'Hello', ...ending });
    expect(model.requests).toMatchObject([
      { messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Say hello.' }] },
      { prompt: 'Say ', responseFormat: { type: 'json' } },
    ]);
    expect(model.requests[1]).not.toHaveProperty('templateVariables');
  });

  it('gives a model without a template the prompt alone', async () => {
    const model = new LocalModel();
    await wholeOf(handlerOf(model), '/api/generate', { prompt: 'Once' });
    expect(model.requests[0]).toMatchObject({ prompt: 'Once' });
  });

  it.each(['/api/generate', '/api/chat'])('only has the model loaded where %s is given nothing to answer', async (path) => {
    const model = new PlayedModel();
    expect(await wholeOf(handlerOf(model), path, { stream: true })).toMatchObject({ status: 200, done: true, done_reason: 'load' });
    expect(await wholeOf(handlerOf(model), path, { keep_alive: 0, messages: [], prompt: '' })).toMatchObject({ done: true, done_reason: 'unload' });
    expect(model.requests).toEqual([]);
  });
});

it.each<[string, Record<string, unknown>, number, string]>([
  ['/api/chat', { model: undefined, messages: hi }, 400, 'model is required'],
  ['/api/chat', { model: 'huge', messages: hi }, 404, "model 'huge' not found"],
  ['/api/chat', { messages: 'Hi' }, 400, 'messages must be an array'],
  ['/api/chat', { messages: [{ role: 'bard', content: '' }] }, 400, 'messages[0].role'],
  ['/api/chat', { messages: [{ role: 'user', content: 'a', images: ['x'] }] }, 400, 'messages[0].images'],
  ['/api/chat', { messages: [{ role: 'assistant', tool_calls: [{ function: {} }] }] }, 400, 'messages[0].tool_calls[0].function.name'],
  ['/api/chat', { messages: hi, options: { temperature: 'hot' } }, 400, 'options.temperature'],
  ['/api/chat', { messages: hi, options: { num_predict: 'all' } }, 400, 'options.num_predict'],
  ['/api/chat', { messages: hi, options: [] }, 400, 'options must be an object'],
  ['/api/chat', { messages: hi, tools: [{ type: 'function', function: { name: 'a b' } }] }, 400, 'tools[0].function.name'],
  ['/api/chat', { messages: hi, format: 'yaml' }, 400, 'format'],
  ['/api/chat', { messages: hi, think: 3 }, 400, 'think'],
  ['/api/chat', { messages: hi, keep_alive: 'soon' }, 400, 'keep_alive'],
  ['/api/chat', { messages: hi, stream: 'no' }, 400, 'stream must be'],
  ['/api/generate', { prompt: 'a', suffix: 'b' }, 400, 'suffix'],
  ['/api/generate', { prompt: 'a', context: [1] }, 400, 'context'],
  ['/api/generate', { prompt: 'a', template: '{{ .Prompt }}' }, 400, 'template'],
  ['/api/generate', { prompt: 'a', images: ['x'] }, 400, 'images'],
  ['/api/embed', { input: 'a' }, 400, '"small" writes text and has no embeddings'],
  ['/api/pull', {}, 400, '/api/pull is not to be had here'],
  ['/api/nothing', {}, 404, 'there is nothing at /api/nothing, only at /api/version'],
  ['/api/tags', {}, 405, '/api/tags takes GET'],
])("%s with %j is refused in Ollama's words", async (path, fields, status, message) => {
  for (const stream of [undefined, false]) {
    const response = await handlerOf().fetch(post(path, { model: 'small', stream, ...fields }));
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: expect.stringContaining(message) });
  }
});

describe('a body of another type than JSON', () => {
  const body = JSON.stringify({ model: 'small', prompt: 'Hi', stream: false });
  const form = { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } };

  it('is read, as curl sends it', async () => {
    const response = await handlerOf().fetch(new Request('http://localhost/api/generate', form));
    expect(await response.json()).toMatchObject({ response: 'Hello' });
  });

  it('is refused from a web page, which could send it from anywhere', async () => {
    const request = new Request('http://localhost/api/generate', form);
    request.headers.set('origin', 'https://evil.example.org');
    const model = new PlayedModel();
    const response = await handlerOf(model).fetch(request);
    expect(response.status).toBe(415);
    expect(await response.json()).toEqual({ error: expect.stringContaining('content-type') });
    expect(model.requests).toEqual([]);
  });
});

it('says that it runs, without a key', async () => {
  const handler = createHandler({ models: { small: new PlayedModel() }, apiKeys: ['secret'] });
  expect(await (await handler.fetch(get('/'))).text()).toBe('tramontane is running');
  expect((await handler.fetch(new Request('http://localhost/', { method: 'HEAD' }))).status).toBe(200);
  expect((await handler.fetch(get('/api/tags'))).status).toBe(401);
});
