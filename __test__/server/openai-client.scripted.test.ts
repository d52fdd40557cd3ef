import OpenAI, { APIUserAbortError, AuthenticationError, NotFoundError } from 'openai';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scriptedModel } from '../../src/testing/index.ts';
import type { Script } from '../../src/testing/index.ts';
import { hi as messages } from '../support/server/ask.ts';
import { PlayedModel } from '../support/server/played-model.ts';
import { serve } from '../support/server/serve.ts';
import { untilQuiet } from '../support/until-quiet.ts';

const hi = messages as [{ role: 'user'; content: string }];
const toolCall = '<tool_call>\n{"name": "add", "arguments": {"a": 2, "b": 3}}\n</tool_call>';

async function clientOf(...replies: Script['replies']) {
  const model = await scriptedModel({ replies });
  onTestFinished(() => model.close());
  const { url } = await serve({ models: { small: model } });
  return { model, client: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 }) };
}

describe("OpenAI's own library", () => {
  it('gets an answer, whole', async () => {
    const { client } = await clientOf('Hello there!');
    const completion = await client.chat.completions.create({ model: 'small', messages: hi });
    expect(completion.choices[0]?.message.content).toBe('Hello there!');
    expect(completion.usage?.completion_tokens).toBe(13);
  });

  it('gets an answer as it comes, with its usage', async () => {
    const { client } = await clientOf('Grüße 🌬️ aus dem Norden');
    const stream = await client.chat.completions.create({ model: 'small', messages: hi, stream: true, stream_options: { include_usage: true } });
    let text = '';
    let tokens: number | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      tokens ??= chunk.usage?.completion_tokens;
    }
    expect(text).toBe('Grüße 🌬️ aus dem Norden');
    expect(tokens).toBeGreaterThan(20);
  });

  it('folds a stream by its helper, several choices too', async () => {
    const { client } = await clientOf('First', 'Second');
    const stream = client.chat.completions.stream({ model: 'small', messages: hi, n: 2 });
    const { choices } = await stream.finalChatCompletion();
    expect(choices.map(({ message }) => message.content).toSorted()).toEqual(['First', 'Second']);
    expect(choices.map((choice) => choice.finish_reason)).toEqual(['stop', 'stop']);
  });

  it.each([true, false])('runs tools until there is an answer (stream %j)', async (stream) => {
    const { client, model } = await clientOf(toolCall, 'It is five.');
    const sums: number[] = [];
    const tool = {
      type: 'function',
      function: {
        name: 'add',
        description: 'Adds two numbers.',
        parameters: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } },
        parse: (text: string) => JSON.parse(text) as { a: number; b: number },
        function: ({ a, b }: { a: number; b: number }) => {
          sums.push(a + b);
          return String(a + b);
        },
      },
    } as const;
    const body = { model: 'small', messages: hi, tools: [tool] };
    const runner = stream ? client.chat.completions.runTools({ ...body, stream: true }) : client.chat.completions.runTools({ ...body });
    expect(await runner.finalContent()).toBe('It is five.');
    expect(sums).toEqual([5]);
    expect(model.metrics().totalSequences).toBe(2);
  });

  it('parses an answer that follows a schema', async () => {
    const { client } = await clientOf('{"wind":"mistral"}');
    const schema = { type: 'object', properties: { wind: { type: 'string' } } };
    const completion = await client.chat.completions.parse({
      model: 'small',
      messages: hi,
      response_format: { type: 'json_schema', json_schema: { name: 'wind', schema, strict: true } },
    });
    expect(JSON.parse(completion.choices[0]?.message.content ?? '')).toEqual({ wind: 'mistral' });
  });

  it('aborts, and the sequence is freed', async () => {
    const { client, model } = await clientOf({ text: 'x'.repeat(3000), stepMs: 10 });
    const stream = await client.chat.completions.create({ model: 'small', messages: hi, stream: true });
    let chunks = 0;
    for await (const _ of stream) {
      chunks += 1;
      if (chunks === 3) break;
    }
    expect(await untilQuiet(model)).toMatchObject({ liveSequences: 0, abortedSequences: 1 });
    const controller = new AbortController();
    const whole = client.chat.completions.create({ model: 'small', messages: hi }, { signal: controller.signal });
    await expect.poll(() => model.metrics().liveSequences).toBe(1);
    controller.abort();
    await expect(whole).rejects.toThrow(APIUserAbortError);
    expect(await untilQuiet(model)).toMatchObject({ liveSequences: 0, abortedSequences: 2 });
  });

  it('throws what goes wrong as the errors that belong to it', async () => {
    const { client } = await clientOf({ text: 'Half an answer', failAfterTokens: 5 });
    await expect(client.chat.completions.create({ model: 'small', messages: [] })).rejects.toMatchObject({ status: 400, param: 'messages' });
    await expect(client.chat.completions.create({ model: 'huge', messages: hi })).rejects.toThrow(NotFoundError);
    let text = '';
    const reading = async () => {
      for await (const chunk of await client.chat.completions.create({ model: 'small', messages: hi, stream: true })) text += chunk.choices[0]?.delta.content ?? '';
    };
    await expect(reading()).rejects.toMatchObject({ code: 'engine_failed', type: 'server_error' });
    expect(text).toBe('Half ');
    await expect(client.chat.completions.stream({ model: 'small', messages: hi }).finalMessage()).rejects.toMatchObject({ code: 'engine_failed' });
  });

  it('continues text, whole and as it comes', async () => {
    const { client } = await clientOf('a time', 'a time');
    const whole = await client.completions.create({ model: 'small', prompt: 'Once upon ', echo: true });
    expect(whole.choices[0]?.text).toBe('Once upon a time');
    let text = '';
    for await (const chunk of await client.completions.create({ model: 'small', prompt: 'Once upon ', stream: true })) text += chunk.choices[0]?.text ?? '';
    expect(text).toBe('a time');
  });

  it('gets vectors, in whichever encoding it asks for', async () => {
    const model = Object.assign(new PlayedModel(), { embed: async (texts: readonly string[]) => ({ embeddings: texts.map(() => [0.25, -1.5]), inputTokens: 3 }) });
    const { url } = await serve({ models: { vectors: model } });
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
    for (const format of [undefined, 'float', 'base64'] as const) {
      const { data } = await client.embeddings.create({ model: 'vectors', input: ['a', 'b'], ...(format && { encoding_format: format }) });
      const bytes = Buffer.from(new Float32Array([0.25, -1.5]).buffer).toString('base64');
      expect(data.map(({ embedding }) => embedding)).toEqual(format === 'base64' ? [bytes, bytes] : [[0.25, -1.5], [0.25, -1.5]]);
    }
  });

  it('lists models, and shows its key', async () => {
    const { url } = await serve({ models: { a: new PlayedModel(), 'org/b': new PlayedModel() }, apiKeys: ['secret'] });
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'secret', maxRetries: 0 });
    const names: string[] = [];
    for await (const { id } of client.models.list()) names.push(id);
    expect(names).toEqual(['a', 'org/b']);
    expect(await client.models.retrieve('org/b')).toMatchObject({ id: 'org/b', object: 'model' });
    const stranger = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'guess', maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toThrow(AuthenticationError);
  });
});
