import OpenAI from 'openai';
import type { ResponseCreateParamsNonStreaming } from 'openai/resources/responses/responses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../../src/index.ts';
import type { Model } from '../../../src/index.ts';
import { createServer } from '../../../src/server/index.ts';
import type { Server } from '../../../src/server/index.ts';
import { ResponsesConnection } from '../../support/server/responses-connection.ts';
import { testModel } from '../../support/test-model.ts';

const instructions = 'You are a helpful assistant. Answer in one short sentence, and never in more than ten words.';

describe('responses of a real model', () => {
  let model: Model;
  let server: Server;
  let client: OpenAI;

  beforeAll(async () => {
    model = await loadModel(testModel());
    server = createServer({ models: { small: model } });
    client = new OpenAI({ baseURL: `${await server.listen()}/v1`, apiKey: 'none', maxRetries: 0 });
  });

  afterAll(async () => {
    await server.close();
    await model.close();
  });

  it('compute of a second turn only what the first has not', async () => {
    const asked = { model: 'small', temperature: 0, max_output_tokens: 24, instructions };
    const first = await client.responses.create({ ...asked, input: 'What is the capital of France?' });
    expect(first.output_text).toContain('Paris');
    const second = await client.responses.create({ ...asked, input: 'And of Italy?', previous_response_id: first.id });
    const firstTokens = first.usage?.input_tokens ?? 0;
    expect(second.usage?.input_tokens).toBeGreaterThan(firstTokens);
    expect(second.usage?.input_tokens_details.cached_tokens).toBeGreaterThanOrEqual(firstTokens);
  });

  it('are streamed as they are told whole', async () => {
    const asked = { model: 'small', temperature: 0, max_output_tokens: 16, input: 'Count to five.' };
    const whole = await client.responses.create(asked);
    const streamed = await client.responses.stream(asked).finalResponse();
    expect(streamed.output_text).toBe(whole.output_text);
    expect(streamed.usage?.output_tokens).toBe(whole.usage?.output_tokens);
  });

  it('have been read where generate was false, so that the next need not', async () => {
    const input = `Remember these words: ${Array.from({ length: 60 }, (_, at) => `word${at}`).join(', ')}.`;
    const asked = { model: 'small', temperature: 0, max_output_tokens: 4 };
    const warm = await client.responses.create({ ...asked, input, generate: false } as ResponseCreateParamsNonStreaming);
    expect(warm).toMatchObject({ status: 'completed', output: [] });
    const next = await client.responses.create({ ...asked, input: 'Which is the third?', previous_response_id: warm.id });
    const cached = next.usage?.input_tokens_details.cached_tokens ?? 0;
    // All of it but the tokens that begin the answer.
    expect(cached).toBeGreaterThan((warm.usage?.input_tokens ?? 0) - 10);
  });

  it('keep to a schema, and call a tool that they must', async () => {
    const schema = { type: 'object', properties: { city: { type: 'string', maxLength: 20 } }, required: ['city'], additionalProperties: false };
    const parsed = await client.responses.create({
      model: 'small',
      input: 'Name a city.',
      temperature: 0,
      max_output_tokens: 100,
      text: { format: { type: 'json_schema', name: 'place', strict: true, schema } },
    });
    expect(JSON.parse(parsed.output_text)).toMatchObject({ city: expect.any(String) });
    const called = await client.responses.create({
      model: 'small',
      input: 'What is the weather in Bern?',
      temperature: 0,
      max_output_tokens: 200,
      tools: [{ type: 'function', name: 'weather', parameters: schema, strict: true }],
      tool_choice: 'required',
    });
    expect(called.output).toMatchObject([{ type: 'function_call', name: 'weather', arguments: expect.stringContaining('city') }]);
  });

  it('continue each other over a WebSocket from what is still known', async () => {
    await using connection = await ResponsesConnection.open(server.url ?? '');
    const completed = async (body: object) => {
      connection.create({ model: 'small', store: false, temperature: 0, max_output_tokens: 8, ...body });
      const events = await connection.until(/^response\.(completed|incomplete)$/);
      return events.at(-1)?.['response'] as { id: string; usage: { input_tokens: number; input_tokens_details: { cached_tokens: number } } };
    };
    const first = await completed({ instructions, input: 'What is the largest planet?' });
    const second = await completed({ instructions, input: 'And the smallest?', previous_response_id: first.id });
    expect(second.usage.input_tokens_details.cached_tokens).toBeGreaterThanOrEqual(first.usage.input_tokens);
  });
});
