import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../src/index.ts';
import type { ChatMessage, ConnectOptions, GenerateOptions, GenerationResult, RemoteModel, TramontaneError } from '../../src/index.ts';
import { errorOf, readAll, readUntilError } from '../support/read-stream.ts';
import { llamaCppPythonServer, python, startLlamaCppPython } from '../support/real-servers/llama-cpp-python.ts';
import { ollamaServer } from '../support/real-servers/ollama.ts';
import { ownServer } from '../support/real-servers/own-server.ts';
import { plainAnswer } from '../support/real-servers/plain-answer.ts';
import { contextLength } from '../support/real-servers/real-server.ts';
import type { RealServer, Way } from '../support/real-servers/real-server.ts';
import type { ServerProcess } from '../support/real-servers/server-process.ts';
import { turns } from '../support/turns.ts';

const servers: readonly RealServer[] = [ownServer, llamaCppPythonServer, ollamaServer];

const messages: readonly ChatMessage[] = [
  { role: 'system', content: 'You answer in one sentence – always “politely” 🌬️.' },
  { role: 'user', content: 'Name a wind.' },
  { role: 'assistant', content: 'The mistral, if you please.' },
  { role: 'user', content: 'And another?' },
];
const text = 'The tramontane is a cold wind that';
const tools = [
  {
    name: 'weather',
    description: 'Tells the weather.',
    inputSchema: {
      type: 'object',
      properties: { city: { type: 'string', enum: ['Genova'] } },
      required: ['city'],
      additionalProperties: false,
    },
  },
];

/** Whether it can be tried is in the name, so that what was left out is seen. */
const titled = servers.map(({ name, start, ways }) => {
  const title = start ? name : `${name}, which is not installed (npm run test:servers -- --install)`;
  return { title, start, ways };
});

const warnings: Error[] = [];
process.on('warning', (warning) => warnings.push(warning));

describe.each(titled)('$title', ({ start, ways }) => {
  let server: ServerProcess;
  beforeAll(async () => {
    if (start) server = await start();
  }, 180_000);
  afterAll(() => server?.stop());

  describe.skipIf(!start).each(ways)('by $name', (way) => {
    suite(way, () => server, start);
  });
});

function suite({ protocol, path, connection, has, noticesLeaving }: Way, serverOf: () => ServerProcess, start: RealServer['start']): void {

  const connected = (options: Partial<ConnectOptions> = {}, origin = serverOf().origin): RemoteModel => {
    const model = connect({ ...connection, baseUrl: origin + path, retries: 0, ...options });
    onTestFinished(() => model.close());
    return model;
  };

  const plain = (prompt: string | readonly ChatMessage[], options: { maxOutputTokens: number; temperature: number; seed?: number }) =>
    plainAnswer(protocol, serverOf().origin + path, connection.apiKey, { model: connection.model, prompt, ...options });

  /** The answer as a stream gives it, and as the server gives it at once. */
  const both = async (prompt: string | readonly ChatMessage[], options: { maxOutputTokens: number; temperature: number; seed?: number }) => {
    // What the server has kept of a prompt decides how it computes it: from here on it has kept it all.
    await plain(prompt, options);
    const model = connected();
    const stream = typeof prompt === 'string' ? model.streamCompletion({ prompt, ...options }) : model.streamChat(prompt, options);
    const deltas = (await readAll(stream)).flatMap((part) => (part.type === 'text-delta' ? part.delta : []));
    const result = await stream.result();
    expect(deltas.join('')).toBe(result.text);
    return { deltas, result, plain: await plain(prompt, options) };
  };

  it('streams the text that it answers at once', async () => {
    const { deltas, result, plain: answer } = await both(messages, { maxOutputTokens: 40, temperature: 0 });
    expect(result.text).toBe(answer.text);
    expect(result.finishReason).toBe(answer.finishReason);
    expect(deltas.length).toBeGreaterThan(1);
  });

  it.skipIf(!has.seeds)('streams the text that it answers at once with the same seed', async () => {
    const { result, plain: answer } = await both(messages, { maxOutputTokens: 40, temperature: 0.9, seed: 42 });
    expect(result.text).toBe(answer.text);
    expect(result.text).not.toBe('');
  });

  it.skipIf(!has.prompts)('continues a text as it does at once', async () => {
    const { result, plain: answer } = await both(text, { maxOutputTokens: 24, temperature: 0 });
    expect(result.text).toBe(answer.text);
    expect(result.text).not.toBe('');
  });

  it('ends with length at maxOutputTokens, and tells the tokens where it counts them', async () => {
    const result = await connected().streamPrompt('Tell a long story.', { maxOutputTokens: 7, temperature: 0 }).result();
    expect(result.finishReason).toBe(has.lengths ? 'length' : 'stop');
    expect(result.text).not.toBe('');
    if (!has.usage) return;
    expect(result.usage.outputTokens).toBe(7);
    expect(result.usage.inputTokens).toBeGreaterThan(5);
    expect(result.usage.totalTokens).toBe(result.usage.inputTokens + 7);
  });

  it('ends with stop where the model does', async () => {
    const result = await connected().streamPrompt('Say hi.', { maxOutputTokens: 200, temperature: 0 }).result();
    expect(result.finishReason).toBe('stop');
  });

  it.skipIf(!has.stopSequences)('ends where a stop sequence would begin', async () => {
    const options = { maxOutputTokens: 30, temperature: 0 } satisfies GenerateOptions;
    const { text: whole } = await connected().streamPrompt('Name three winds.', options).result();
    const [, stop = ''] = /\w+\s+\w+\s+(\w+ \w+)/.exec(whole) ?? [];
    expect(stop).not.toBe('');
    const result = await connected().streamPrompt('Name three winds.', { ...options, stopSequences: [stop, '@@never@@'] }).result();
    // Spaces before it may have come as one token with it.
    expect(result.text.trimEnd()).toBe(whole.slice(0, whole.indexOf(stop)).trimEnd());
    expect(result.finishReason).toBe('stop');
  });

  it.skipIf(!has.schemas)('answers by a JSON schema', async () => {
    const schema = {
      type: 'object',
      properties: { wind: { enum: ['bora', 'mistral'] }, strength: { type: 'integer' } },
      required: ['wind', 'strength'],
      additionalProperties: false,
    };
    const options = { maxOutputTokens: 60, temperature: 0, responseFormat: { type: 'json', schema } } satisfies GenerateOptions;
    const result = await connected().streamPrompt('A wind and its strength, as JSON.', options).result();
    expect(JSON.parse(result.text)).toEqual({ wind: expect.stringMatching(/^(bora|mistral)$/), strength: expect.any(Number) });
  });

  it.skipIf(!has.tools)('calls a tool, and goes on with what it gave', async () => {
    const { toolChoice, providerOptions } = has.tools ?? {};
    const options = {
      tools,
      temperature: 0,
      maxOutputTokens: 60,
      toolChoice: toolChoice === 'named' ? { type: 'tool', toolName: 'weather' } : toolChoice,
    } satisfies GenerateOptions;
    const question: ChatMessage = { role: 'user', content: 'What is the weather in Genova?' };
    const result = await connected({ ...(providerOptions && { providerOptions }) }).streamChat([question], options).result();
    expect(result.finishReason).toBe('tool-calls');
    expect(result.toolCalls).toMatchObject([{ toolName: 'weather', input: { city: 'Genova' } }]);
    const [call] = result.toolCalls;
    const answered: ChatMessage = { role: 'tool', toolCallId: call?.toolCallId ?? '', toolName: 'weather', content: 'Windy.' };
    const next = await connected().streamChat([question, result.message, answered], { temperature: 0, maxOutputTokens: 8 }).result();
    expect(next.text).not.toBe('');
  });

  it('stops working for a stream that is cancelled, and goes on with the next', async () => {
    const server = serverOf();
    const { length } = server.log;
    const model = connected();
    // Uncancelled, it would go on for longer than is waited.
    const stream = model.streamPrompt('Count from 1 to 1000, one number a line.', { maxOutputTokens: 950, temperature: 0 });
    for await (const part of stream) {
      if (part.type === 'text-delta') stream.cancel();
    }
    expect((await stream.result()).finishReason).toBe('aborted');
    if (noticesLeaving) await server.untilPrinted(noticesLeaving, length);
    const next = await model.streamPrompt('Say hi.', { maxOutputTokens: 3, temperature: 0 }).result();
    expect(next.text).not.toBe('');
  });

  it('loses nothing to a slow reader', async () => {
    const options = { maxOutputTokens: 40, temperature: 0 } as const;
    const { text: whole } = await connected().streamChat(messages, options).result();
    let read = '';
    for await (const delta of connected().streamChat(messages, { ...options, maxBufferedParts: 1 }).textStream) {
      read += delta;
      await turns(20);
    }
    expect(read).toBe(whole);
  });

  it('answers two streams at once as it does one after the other', async () => {
    const options = { maxOutputTokens: 30, temperature: 0 } as const;
    const model = connected();
    const prompts = ['Name three winds.', 'Count from one to nine.'];
    const streams = prompts.map((prompt) => model.streamPrompt(prompt, options).result());
    const results = await Promise.all(streams);
    for (const [index, prompt] of prompts.entries()) {
      const alone = await plain([{ role: 'user', content: prompt }], options);
      // Those that compute them together may come to another word in the end.
      const length = has.exactTogether ? undefined : 8;
      expect(results[index]?.text.slice(0, length)).toBe(alone.text.slice(0, length));
    }
  });

  it.skipIf(!has.list)('lists its models', async () => {
    const names = (await connected().listModels()).map(({ model }) => model.replace(/:latest$/, ''));
    expect(names).toContain(connection.model);
  });

  it.skipIf(!has.embeddings)('makes vectors of texts', async () => {
    const { embeddings, inputTokens } = await connected({ model: has.embeddings?.model ?? connection.model }).embed(['a cold wind', 'a warm stove', 'a cold wind']);
    expect(embeddings).toHaveLength(3);
    expect(embeddings[0]?.length).toBe(has.embeddings?.width);
    expect(embeddings[0]).not.toEqual(embeddings[1]);
    expect(inputTokens).toBeGreaterThan(5);
  });

  it.skipIf(!has.unknownModel)('says that it does not have a model', async () => {
    const error = await errorOf(connected({ model: 'no-such-model' }).streamPrompt('Hi').result());
    expect(error).toMatchObject({ code: has.unknownModel });
    expect(error.message).toContain('no-such-model');
  });

  it.skipIf(!has.keys)('refuses a wrong key, and none, without telling it', async () => {
    const wrong = 'not-the-key-of-the-tests';
    const error = await errorOf(connected({ apiKey: wrong }).streamPrompt('Hi').result());
    expect(error).toMatchObject({ code: 'unauthorized' });
    expect(error.message).not.toContain(wrong);
    expect(await errorOf(connected({ apiKey: undefined }).listModels())).toMatchObject({ code: 'unauthorized' });
  });

  it.skipIf(!has.contextOverflow)('says that a prompt is too long', async () => {
    const error = await errorOf(connected().streamPrompt('wind '.repeat(contextLength * 2), { maxOutputTokens: 8 }).result());
    expect(error).toMatchObject({ code: has.contextOverflow });
    expect(error.partial).toBeUndefined();
  });

  it('fails by idleTimeoutMs where it goes silent, and keeps what came', async () => {
    const server = serverOf();
    onTestFinished(() => server.thaw());
    const stream = connected().streamPrompt('Tell a very long story.', { maxOutputTokens: 800, temperature: 0, idleTimeoutMs: 500 });
    const { values, error } = await readAfterFirst(stream.textStream, () => server.freeze());
    expect(error).toMatchObject({ code: 'idle-timeout' });
    expect(error?.partial?.text).toBe(values.join(''));
    expect(values.length).toBeGreaterThan(0);
  });

  it('fails with connection-lost where it is killed, and with connection-failed from then on', async () => {
    const other = await start?.();
    if (!other) throw new Error('it cannot be started');
    onTestFinished(() => other.stop());
    const model = connected({}, other.origin);
    const stream = model.streamPrompt('Tell a very long story.', { maxOutputTokens: 800, temperature: 0 });
    const { values, error } = await readAfterFirst(stream.textStream, () => other.kill());
    expect(error).toMatchObject({ code: 'connection-lost' });
    expect(error?.partial?.text).toBe(values.join(''));
    expect(values.length).toBeGreaterThan(0);
    expect(await errorOf(model.streamPrompt('Hi').result())).toMatchObject({ code: 'connection-failed' });
    expect(await errorOf(model.listModels())).toMatchObject({ code: 'connection-failed' });
  });
}

/** Reads to the end; does something once the first value has come. */
async function readAfterFirst(
  values: AsyncIterable<string>,
  then: () => void,
): Promise<{ values: string[]; error: TramontaneError | undefined }> {
  let came = false;
  async function* watched(): AsyncGenerator<string> {
    for await (const value of values) {
      if (!came) then();
      came = true;
      yield value;
    }
  }
  return readUntilError(watched());
}

it('has spoken each protocol itself, and let none stand in for it', () => {
  expect(warnings).toEqual([]);
});

it.skipIf(python === null)('fails with connection-lost where llama-cpp-python ends an answer for the next', async () => {
  const server = await startLlamaCppPython();
  onTestFinished(() => server.stop());
  const [way] = llamaCppPythonServer.ways;
  const model = connect({ model: '', ...way?.connection, baseUrl: `${server.origin}/v1`, retries: 0 });
  const options = { maxOutputTokens: 800, temperature: 0 } as const;
  let next: Promise<GenerationResult> | undefined;
  const stream = model.streamPrompt('Tell a very long story.', options);
  const { values, error } = await readAfterFirst(stream.textStream, () => {
    next = model.streamPrompt('Say hi.', { ...options, maxOutputTokens: 5 }).result();
  });
  expect(error).toMatchObject({ code: 'connection-lost' });
  expect(error?.partial?.text).toBe(values.join(''));
  expect((await next)?.text).not.toBe('');
});

it('fails with connection-failed where there is no server', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  const model = connect({ dialect: 'openai-chat', model: 'none', baseUrl: `http://127.0.0.1:${port}/v1`, retries: 1 });
  expect(await errorOf(model.streamPrompt('Hi').result())).toMatchObject({ code: 'connection-failed' });
});
