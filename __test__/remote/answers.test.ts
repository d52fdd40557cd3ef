import { describe, expect, it } from 'vitest';
import { dialects } from '../../src/remote/dialects.ts';
import type { Quirks } from '../../src/remote/quirks.ts';
import { chatQuirks } from '../../src/remote/dialects/chat-quirks.ts';
import { chatOptions } from '../../src/remote/dialects/chat-for-responses.ts';
import { meansNoResponses } from '../../src/remote/dialects/no-responses.ts';
import { errorOf } from '../support/error-of.ts';

const { anthropic, gemini, ollama, 'openai-chat': chat } = dialects;

describe('a failed response', () => {
  it.each([
    [401, '{"error":{"message":"Incorrect API key provided.","type":"invalid_request_error","code":"invalid_api_key"}}', { code: 'unauthorized' }],
    [403, '{"type":"error","error":{"type":"permission_error","message":"No."}}', { code: 'unauthorized' }],
    [404, '{"error":{"message":"The model `gpt-9` does not exist or you do not have access to it.","code":"model_not_found"}}', { code: 'model-not-found' }],
    [404, '{"error":"model \'nope\' not found"}', { code: 'model-not-found' }],
    [404, '{"type":"error","error":{"type":"not_found_error","message":"model: claude-9"}}', { code: 'model-not-found' }],
    [404, '<html><head><title>404 Not Found</title></head></html>', { code: 'remote-failed', message: 'the server answered 404: 404 Not Found' }],
    [429, '{"error":{"code":429,"message":"Quota.","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"3s"}]}}', { code: 'rate-limited', retryAfterMs: 3000 }],
    [429, '', { code: 'rate-limited', message: 'the server answered 429; try again later' }],
    [400, '{"error":{"message":"Invalid \'temperature\'.","type":"invalid_request_error","param":"temperature"}}', { code: 'invalid-argument', field: 'temperature' }],
    [400, '{"error":{"message":"Too large.","param":"max_tokens"}}', { code: 'invalid-argument', field: 'maxOutputTokens' }],
    [400, '{"error":{"message":"This model\'s maximum context length is 128000 tokens.","code":"context_length_exceeded"}}', { code: 'context-overflow' }],
    [400, '{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}', { code: 'context-overflow' }],
    [400, '{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}', { code: 'context-overflow' }],
    [400, '{"error":{"code":400,"message":"The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}', { code: 'context-overflow' }],
    [422, '{"detail":[{"loc":["body","top_p"],"msg":"must be at most 1","type":"value_error"}]}', { code: 'invalid-argument', field: 'topP', message: 'the server answered 422: must be at most 1' }],
    [500, '{"detail":"Internal Server Error"}', { code: 'remote-failed', message: 'the server answered 500: Internal Server Error' }],
    [502, 'Bad gateway', { code: 'remote-failed', message: 'the server answered 502: Bad gateway' }],
    [529, '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', { code: 'remote-failed' }],
    [503, '[{"error":{"code":503,"message":"Busy.","status":"UNAVAILABLE"}}]', { code: 'remote-failed', message: 'the server answered 503: Busy' }],
    [400, '{"Response":{"Error":{"Code":"InvalidParameter","Message":"Bad."}}}', { code: 'invalid-argument', message: 'the server answered 400: Bad' }],
    [400, 'x'.repeat(100_000), { code: 'invalid-argument' }],
    [418, 'null', { code: 'remote-failed' }],
  ])('%i %s', (status, body, failure) => {
    for (const dialect of Object.values(dialects)) expect(dialect.failure(status, body)).toMatchObject(failure);
    expect(chat.failure(status, body).message.length).toBeLessThan(1200);
  });
});

it('counts an answer that ends without a reason as cut off, where the server always tells it', () => {
  const request = { model: 'm', prompt: { text: 'Hi' }, options: {} };
  // What llama-cpp-python sends when another request ends this one.
  const events = ['{"choices":[{"index":0,"delta":{"content":"Hel"},"logprobs":null,"finish_reason":null}]}', '[DONE]'];
  const lastOf = (quirks: Quirks) => {
    const decoder = chat.decoder(request, { quirks, providerOptions: {} });
    return events.flatMap((data) => decoder.push({ data })).at(-1);
  };
  expect(lastOf(chatQuirks['llama-cpp-python'])).toMatchObject({ type: 'error', error: { code: 'connection-lost' } });
  expect(lastOf(chatQuirks.compatible)).toMatchObject({ type: 'finish', finishReason: 'stop' });
});

describe('whether there are responses', () => {
  it.each([
    [404, '{"detail":"Not Found"}'],
    [404, '404 page not found'],
    [404, '<!DOCTYPE html><title>Error</title><pre>Cannot POST /v1/responses</pre>'],
    [404, '{"error":{"message":"Invalid URL (POST /v1/responses)","type":"invalid_request_error","param":null,"code":null}}'],
    [404, ''],
    [405, '{"detail":"Method Not Allowed"}'],
    [501, ''],
    [400, '{"error":"Unexpected endpoint or method. (POST /v1/responses)"}'],
  ])('%i %s says no', (status, body) => {
    expect(meansNoResponses(status, body)).toBe(true);
  });

  it.each([
    [404, '{"error":{"message":"The model `gpt-9` does not exist","type":"invalid_request_error","code":"model_not_found"}}'],
    [404, '{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","code":404}'],
    [404, '{"error":"model \'x\' not found, try pulling it first"}'],
    [404, '{"error":{"message":"Previous response with id \'resp_1\' not found.","code":"previous_response_not_found"}}'],
    [404, '{"error":{"message":"Item with id \'rs_1\' not found. Items are not persisted when `store` is set to false."}}'],
    [400, '{"error":{"message":"Bad request"}}'],
    [401, ''],
    [500, 'Not Found'],
  ])('%i %s does not say so', (status, body) => {
    expect(meansNoResponses(status, body)).toBe(false);
  });

  it('a request that needs what the server keeps cannot go elsewhere', () => {
    for (const name of ['previous_response_id', 'conversation', 'store', 'background', 'tools']) {
      expect(chatOptions({ [name]: true })).toBeUndefined();
    }
    const options = { store: false, include: [], user: 'u', reasoning: { effort: 'low', summary: 'auto' } };
    expect(chatOptions(options)).toEqual({ user: 'u', reasoning_effort: 'low' });
  });
});

describe('lists of models', () => {
  it.each([
    ['openai-chat', { data: [{ id: 'gpt-5', owned_by: 'openai' }, { id: 'qwen', max_model_len: 4096 }, {}, null] }, [{ model: 'gpt-5', ownedBy: 'openai' }, { model: 'qwen', contextLength: 4096 }]],
    ['openai-responses', [{ id: 'a', name: 'A' }], [{ model: 'a', displayName: 'A' }]],
    ['anthropic', { data: [{ type: 'model', id: 'claude', display_name: 'Claude' }] }, [{ model: 'claude', displayName: 'Claude' }]],
    ['gemini', { models: [{ name: 'models/gemini', displayName: 'Gemini', inputTokenLimit: 8192 }] }, [{ model: 'gemini', displayName: 'Gemini', contextLength: 8192 }]],
    ['ollama', { models: [{ name: 'llama3.2:latest', model: 'llama3.2:latest' }] }, [{ model: 'llama3.2:latest' }]],
  ] as const)('are read for %s', (name, body, models) => {
    expect(dialects[name].listModels?.read(body)).toEqual(models);
    for (const odd of [null, 'x', [], {}, { data: 1, models: 1 }]) expect(dialects[name].listModels?.read(odd)).toEqual([]);
  });
});

describe('embeddings', () => {
  it('are asked for and put in order', () => {
    const body = { data: [{ index: 1, embedding: [3, 4] }, { index: 0, embedding: [1, 2] }], usage: { prompt_tokens: 5 } };
    expect(chat.embeddings?.request('m', ['a', 'b'])).toEqual({ path: '/embeddings', body: { model: 'm', input: ['a', 'b'], encoding_format: 'float' } });
    expect(chat.embeddings?.read(body)).toEqual({ embeddings: [[1, 2], [3, 4]], inputTokens: 5 });
  });

  it('come from Gemini and Ollama in their own forms', () => {
    expect(gemini.embeddings?.request('e', ['a'])).toEqual({
      path: '/models/e:batchEmbedContents',
      body: { requests: [{ model: 'models/e', content: { parts: [{ text: 'a' }] } }] },
    });
    expect(gemini.embeddings?.read({ embeddings: [{ values: [1, 2] }] })).toEqual({ embeddings: [[1, 2]], inputTokens: undefined });
    expect(ollama.embeddings?.request('e', ['a'])).toEqual({ path: '/api/embed', body: { model: 'e', input: ['a'], truncate: false } });
    expect(ollama.embeddings?.read({ embeddings: [[1, 2]], prompt_eval_count: 3 })).toEqual({ embeddings: [[1, 2]], inputTokens: 3 });
    expect(anthropic.embeddings).toBeUndefined();
  });

  it('that are no numbers are a failure', () => {
    for (const body of [{ data: [{ embedding: 'AAAA' }] }, { data: [{ embedding: [] }] }, { data: [{}] }]) {
      expect(errorOf(() => chat.embeddings?.read(body))).toMatchObject({ code: 'remote-failed' });
    }
  });
});
