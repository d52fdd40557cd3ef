import { spawn, spawnSync } from 'node:child_process';
import { Ollama } from 'ollama';
import type { ChatResponse } from 'ollama';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../../src/index.ts';
import type { GenerateOptions } from '../../../src/index.ts';
import { scriptedModel } from '../../../src/testing/index.ts';
import type { Script } from '../../../src/testing/index.ts';
import { errorOf } from '../../support/read-stream.ts';
import { jsonRequest, rawRequest, readSocket } from '../../support/server/raw-request.ts';
import { serve } from '../../support/server/serve.ts';
import { untilQuiet } from '../../support/until-quiet.ts';

const toolCall = '<tool_call>\n{"name": "add", "arguments": {"a": 2, "b": 3}}\n</tool_call>';
const messages = [{ role: 'user' as const, content: 'Hi' }];
const parameters = { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } };
const endless = { text: 'x'.repeat(3000), stepMs: 10 };
const vectors = {
  info: { model: 'vectors' },
  embed: async (texts: readonly string[]) => ({ embeddings: texts.map(({ length }) => [length, 0.5]), inputTokens: texts.length }),
  close: async () => {},
};

async function serving(...replies: Script['replies']) {
  const model = await scriptedModel({ replies });
  onTestFinished(() => model.close());
  const { url } = await serve({ models: { small: model, vectors } });
  return { model, url, client: new Ollama({ host: url }) };
}

describe("Ollama's own library", () => {
  it('chats, whole and as it comes', async () => {
    const { client } = await serving('Grüße 🌬️ aus dem Norden');
    const whole = await client.chat({ model: 'small', messages });
    expect(whole).toMatchObject({ message: { role: 'assistant', content: 'Grüße 🌬️ aus dem Norden' }, done: true, done_reason: 'stop' });
    expect(whole.eval_count).toBeGreaterThan(20);
    expect(whole.prompt_eval_count).toBeGreaterThan(2);
    let text = '';
    let last;
    for await (const chunk of await client.chat({ model: 'small:latest', messages, stream: true })) {
      text += chunk.message.content;
      last = chunk;
    }
    expect(text).toBe(whole.message.content);
    expect(last).toMatchObject({ done: true, done_reason: 'stop', eval_count: whole.eval_count });
  });

  it('generates, whole and as it comes, with options', async () => {
    const { client } = await serving('once upon a time');
    const request = { model: 'small', prompt: 'Tell.', options: { num_predict: 4, temperature: 0, stop: ['!'] } };
    expect(await client.generate(request)).toMatchObject({ response: 'once', done_reason: 'length', eval_count: 4 });
    let text = '';
    for await (const { response = '' } of await client.generate({ ...request, raw: true, stream: true })) text += response;
    expect(text).toBe('once');
  });

  it.each([true, false])('calls tools and goes on with what they give (stream %j)', async (stream) => {
    const { client } = await serving(toolCall, 'It is five.');
    const tools = [{ type: 'function', function: { name: 'add', description: 'Adds.', parameters } }];
    const request = { model: 'small', messages, tools };
    const chunks: ChatResponse[] = [];
    if (stream) for await (const chunk of await client.chat({ ...request, stream })) chunks.push(chunk);
    else chunks.push(await client.chat(request));
    const calls = chunks.flatMap(({ message }) => message.tool_calls ?? []);
    expect(calls).toMatchObject([{ function: { name: 'add', arguments: { a: 2, b: 3 } } }]);
    const answered = [...messages, { role: 'assistant', content: '', tool_calls: calls }, { role: 'tool', tool_name: 'add', content: '5' }];
    expect((await client.chat({ ...request, messages: answered })).message.content).toBe('It is five.');
  });

  it('tells thinking from the answer', async () => {
    const { client } = await serving('<think>Easy.</think>Five.');
    expect((await client.chat({ model: 'small', messages, think: true })).message).toEqual({ role: 'assistant', content: 'Five.', thinking: 'Easy.' });
    expect(await client.generate({ model: 'small', prompt: 'Hi', think: false })).toMatchObject({ response: 'Five.', thinking: 'Easy.' });
  });

  it('asks for a schema', async () => {
    const { client } = await serving('{"a":1}');
    const { message } = await client.chat({ model: 'small', messages, format: parameters });
    expect(JSON.parse(message.content)).toEqual({ a: 1 });
  });

  it('lists, shows, and embeds', async () => {
    const { client } = await serving('Hi');
    expect((await client.list()).models.map(({ name }) => name)).toEqual(['small:latest', 'vectors:latest']);
    expect((await client.ps()).models.map(({ model }) => model)).toEqual(['small:latest', 'vectors:latest']);
    expect(await client.show({ model: 'small' })).toMatchObject({ capabilities: expect.arrayContaining(['completion']), details: { format: 'scripted' } });
    expect((await client.version()).version).toMatch(/^\d/);
    expect(await client.embed({ model: 'vectors', input: ['a', 'bcd'] })).toMatchObject({ embeddings: [[1, 0.5], [3, 0.5]], prompt_eval_count: 2 });
    expect(await client.embeddings({ model: 'vectors', prompt: 'ab' })).toEqual({ embedding: [2, 0.5] });
  });

  it('aborts, and the sequence is freed', async () => {
    const { client, model } = await serving(endless);
    const stream = await client.chat({ model: 'small', messages, stream: true });
    const reading = async () => {
      let chunks = 0;
      for await (const _ of stream) if ((chunks += 1) === 3) client.abort();
    };
    await expect(reading()).rejects.toThrow(/abort/i);
    expect(await untilQuiet(model)).toMatchObject({ liveSequences: 0, abortedSequences: 1 });
  });

  it('throws what goes wrong', async () => {
    const { client } = await serving({ text: 'Half an answer', failAfterTokens: 5 });
    await expect(client.chat({ model: 'huge', messages })).rejects.toMatchObject({ status_code: 404, error: expect.stringContaining("model 'huge' not found") });
    await expect(client.chat({ model: 'vectors', messages })).rejects.toMatchObject({ status_code: 400 });
    await expect(client.pull({ model: 'small' })).rejects.toMatchObject({ error: expect.stringContaining('tramontane pull') });
    await expect(client.delete({ model: 'small' })).rejects.toMatchObject({ status_code: 400 });
    let text = '';
    const reading = async () => {
      for await (const { message } of await client.chat({ model: 'small', messages, stream: true })) text += message.content;
    };
    await expect(reading()).rejects.toThrow('the engine failed');
    expect(text).toBe('Half ');
  });
});

describe('connect({ provider: "ollama" })', () => {
  const connected = (baseUrl: string, model = 'small') => {
    const remote = connect({ provider: 'ollama', model, baseUrl, retries: 0 });
    onTestFinished(() => remote.close());
    return remote;
  };

  it('streams from it as from Ollama', async () => {
    const { url } = await serving('Hello there!');
    const options = { maxOutputTokens: 5, temperature: 0, topK: 3, topP: 0.9, minP: 0.1, seed: 1, repetitionPenalty: 1.1, stopSequences: ['?'], logprobs: 1 } satisfies GenerateOptions;
    const result = await connected(url).streamPrompt('Hi', options).result();
    expect(result).toMatchObject({ text: 'Hello', finishReason: 'length', usage: { outputTokens: 5 } });
    expect(result.logProbabilities?.map(({ text }) => text).join('')).toBe('Hello');
    expect((await connected(url).streamCompletion({ prompt: 'Hi' }).result()).text).toBe('Hello there!');
  });

  it('has tools, reasoning, embeddings and the list', async () => {
    const { url } = await serving(`<think>Sum.</think>${toolCall}`);
    const tools = [{ name: 'add', inputSchema: parameters }];
    const result = await connected(url).streamPrompt('2 + 3?', { tools, templateVariables: { enable_thinking: true } }).result();
    expect(result).toMatchObject({ reasoning: 'Sum.', toolCalls: [{ toolName: 'add', input: { a: 2, b: 3 } }], finishReason: 'tool-calls' });
    expect(await connected(url, 'vectors').embed(['a', 'bc'])).toEqual({ embeddings: [[1, 0.5], [2, 0.5]], inputTokens: 2 });
    expect(await connected(url).listModels()).toEqual([{ model: 'small:latest' }, { model: 'vectors:latest' }]);
  });

  it('gets its errors under their codes', async () => {
    const { url } = await serving('Hi');
    expect(await errorOf(connected(url, 'huge').streamPrompt('Hi').result())).toMatchObject({ code: 'model-not-found' });
    expect(await errorOf(connected(url).streamPrompt('x'.repeat(5000)).result())).toMatchObject({ code: 'context-overflow' });
    expect(await errorOf(connected(url).embed(['a']))).toMatchObject({ code: 'invalid-argument' });
  });
});

const curl = spawnSync('curl', ['--version']).status === 0;

describe.skipIf(!curl)('curl, with no more than -d', () => {
  const run = async (...args: string[]): Promise<string> => {
    const child = spawn('curl', ['-s', '--max-time', '15', ...args]);
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    await new Promise((resolve) => child.once('close', resolve));
    return text;
  };

  it('generates and chats', async () => {
    const { url } = await serving('Because.');
    const lines = (await run(`${url}/api/generate`, '-d', '{"model": "small", "prompt": "Why is the sky blue?"}')).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { response: string }).response).join('')).toBe('Because.');
    const whole = await run(`${url}/api/chat`, '-d', '{"model": "small", "messages": [{"role": "user", "content": "why?"}], "stream": false}');
    expect(JSON.parse(whole)).toMatchObject({ message: { content: 'Because.' }, done: true });
    expect(JSON.parse(await run(`${url}/api/tags`))).toMatchObject({ models: [{ name: 'small:latest' }, {}] });
    expect(JSON.parse(await run(`${url}/api/embed`, '-d', '{"model": "vectors", "input": "Why?"}'))).toMatchObject({ embeddings: [[4, 0.5]] });
    expect(await run('-I', url)).toMatch(/^HTTP\/1\.1 200/);
    expect(await run(`${url}/api/pull`, '-d', '{"model": "llama3.2"}')).toMatch(/^\{"error":"\/api\/pull is not/);
    expect(await run('-X', 'DELETE', `${url}/api/delete`, '-d', '{"model": "small"}')).toMatch(/^\{"error":/);
  });

  it('goes away, and the sequence is freed', async () => {
    const { url, model } = await serving(endless);
    await run('--max-time', '1', `${url}/api/generate`, '-d', '{"model": "small", "prompt": "Go on."}');
    expect(await untilQuiet(model)).toMatchObject({ liveSequences: 0, abortedSequences: 1 });
  });
});

it('frees the sequence of a connection that breaks off, of a whole answer too', async () => {
  const { url, model } = await serving(endless);
  for (const stream of [true, false]) {
    const socket = await rawRequest(url, jsonRequest('/api/generate', { model: 'small', prompt: 'Go on.', stream }));
    await expect.poll(() => model.metrics().liveSequences).toBe(1);
    socket.destroy();
    await untilQuiet(model);
  }
  expect(model.metrics()).toMatchObject({ liveSequences: 0, abortedSequences: 2 });
});

it('sends each line as it comes', async () => {
  const { url } = await serving('abc');
  const answer = await readSocket(await rawRequest(url, jsonRequest('/api/generate', { model: 'small', prompt: 'Go on.' }).replace('\r\n', '\r\nconnection: close\r\n')));
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^{]*content-type: application\/x-ndjson\r\n/i);
  expect(answer).toContain('"response":"a","done":false');
});
