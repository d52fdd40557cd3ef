import { describe, expect, it } from 'vitest';
import type { Responses } from 'openai/resources/responses/responses';
import { untilQuiet } from '../../support/until-quiet.ts';
import { openServer } from '../../support/server/open-server.ts';

const weather = {
  type: 'function',
  name: 'weather',
  description: 'Tells the weather.',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  strict: false,
} as const;
const call = '<tool_call>\n{"name": "weather", "arguments": {"city": "Bern"}}\n</tool_call>';

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const got: Value[] = [];
  for await (const value of values) got.push(value);
  return got;
}

describe("a response, by OpenAI's client", () => {
  it('is whole where it is not streamed', async () => {
    await using server = await openServer(['Hello there']);
    const response = await server.client.responses.create({ model: 'test', input: 'Hi', instructions: 'Be brief.', metadata: { a: 'b' }, max_output_tokens: 50 });
    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'test',
      output_text: 'Hello there',
      error: null,
      incomplete_details: null,
      instructions: 'Be brief.',
      metadata: { a: 'b' },
      max_output_tokens: 50,
      store: true,
      output: [{ type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'Hello there', annotations: [] }] }],
      usage: { output_tokens: 12, input_tokens_details: { cached_tokens: 0 } },
    });
    expect(response.id).toMatch(/^resp_[0-9a-f]{32}$/);
  });

  it('is counted before it is made', async () => {
    await using server = await openServer(['Hello there']);
    const body = { model: 'test', input: 'Hi', instructions: 'Be brief.', tools: [weather] };
    const { object, input_tokens: counted } = await server.client.responses.inputTokens.count(body);
    expect(object).toBe('response.input_tokens');
    expect(server.model.metrics().totalSequences).toBe(0);
    const first = await server.client.responses.create(body);
    expect(first.usage?.input_tokens).toBe(counted);
    const more = await server.client.responses.inputTokens.count({ ...body, previous_response_id: first.id });
    expect(more.input_tokens).toBeGreaterThan(counted);
    await expect(server.client.responses.inputTokens.count({ model: 'test' })).rejects.toMatchObject({ status: 400, param: 'input' });
  });

  it('streams reasoning, text and a call as the whole run of events, numbered without gaps', async () => {
    await using server = await openServer([`<think>Hm</think>Well.${call}`]);
    const events = await all(await server.client.responses.create({ model: 'test', input: 'Weather?', tools: [weather], stream: true }));
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, at) => at));
    const run = events.map(({ type }) => type.replace('response.', '')).filter((type, at, types) => type !== types[at - 1]);
    const text = (kind: string) => ['output_item.added', 'content_part.added', `${kind}.delta`, `${kind}.done`, 'content_part.done', 'output_item.done'];
    const called = ['output_item.added', 'function_call_arguments.delta', 'function_call_arguments.done', 'output_item.done'];
    expect(run).toEqual(['created', 'in_progress', ...text('reasoning_text'), ...text('output_text'), ...called, 'completed']);
  });

  it('is put together by the stream helper as it is told whole', async () => {
    await using server = await openServer([`<think>Hm</think>Well.${call}`]);
    const stream = server.client.responses.stream({ model: 'test', input: 'Weather?', tools: [weather] });
    const kinds = new Set<string>();
    for await (const event of stream) kinds.add(event.type);
    const response = await stream.finalResponse();
    expect(kinds).toContain('response.function_call_arguments.delta');
    expect(response.output_text).toBe('Well.');
    expect(response.output).toMatchObject([
      { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'Hm' }] },
      { type: 'message', content: [{ text: 'Well.' }] },
      { type: 'function_call', name: 'weather', arguments: '{"city": "Bern"}', status: 'completed' },
    ]);
    const kept = await server.client.responses.retrieve(response.id);
    expect(kept.output).toEqual(JSON.parse(JSON.stringify(response.output, (key, value) => (key.startsWith('parsed') ? undefined : value))));
  });

  it('parses JSON that a schema asks for', async () => {
    await using server = await openServer(['{"city":"Bern"}']);
    const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
    const format = { type: 'json_schema', name: 'place', strict: true, schema } as const;
    const response = await server.client.responses.stream({ model: 'test', input: 'Where?', text: { format } }).finalResponse();
    expect(JSON.parse(response.output_text)).toEqual({ city: 'Bern' });
    expect(response.text).toEqual({ format });
  });

  it('is incomplete where a limit cut it', async () => {
    await using server = await openServer(['Hello there']);
    const asked = { model: 'test', input: 'Hi', max_output_tokens: 5 };
    const whole = await server.client.responses.create(asked);
    const streamed = await server.client.responses.stream(asked).finalResponse();
    for (const response of [whole, streamed]) {
      expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output_text: 'Hello', usage: { output_tokens: 5 } });
    }
  });

  it('fails in the middle by an error, and by a failed response for whoever reads on', async () => {
    await using server = await openServer([{ text: 'Hello there', failAfterTokens: 5 }]);
    const reading = (async () => all(await server.client.responses.create({ model: 'test', input: 'Hi', stream: true })))();
    await expect(reading).rejects.toMatchObject({ code: 'engine_failed', message: expect.stringContaining('the engine failed') });
    const body = JSON.stringify({ model: 'test', input: 'Hi', stream: true });
    const answer = await fetch(`${server.url}/v1/responses`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const events = (await answer.text()).split('\n\n').filter((text) => text !== '').map((text) => JSON.parse(text.split('\ndata: ')[1] ?? '') as Responses.ResponseStreamEvent);
    expect(events.slice(-2)).toMatchObject([
      { type: 'error', code: 'engine_failed' },
      { type: 'response.failed', response: { status: 'failed', error: { code: 'engine_failed' }, output: [{ status: 'incomplete', content: [{ text: expect.stringMatching(/^Hell?o?$/) }] }] } },
    ]);
    await expect(server.client.responses.create({ model: 'test', input: 'Hi' })).rejects.toMatchObject({ status: 500 });
  });

  it('frees the sequence when the reader aborts, and keeps what there was', async () => {
    await using server = await openServer([{ text: 'x'.repeat(3000), stepMs: 2 }]);
    const stream = await server.client.responses.create({ model: 'test', input: 'Hi', stream: true });
    let id = '';
    for await (const event of stream) {
      if (event.type === 'response.created') id = event.response.id;
      if (event.type === 'response.output_text.delta') break;
    }
    await expect.poll(async () => (await server.client.responses.retrieve(id)).status).toBe('cancelled');
    const { liveSequences } = await untilQuiet(server.model);
    expect(liveSequences).toBe(0);
    const kept = await server.client.responses.retrieve(id);
    expect(kept.usage?.output_tokens).toBeGreaterThan(0);
    expect(kept.usage?.output_tokens).toBeLessThan(3000);
  });

  it('frees the sequence when a caller who waits for the whole goes', async () => {
    await using server = await openServer([{ text: 'x'.repeat(3000), stepMs: 2 }]);
    const controller = new AbortController();
    const asking = server.client.responses.create({ model: 'test', input: 'Hi' }, { signal: controller.signal });
    asking.catch(() => undefined);
    await expect.poll(() => server.model.metrics().liveSequences).toBe(1);
    controller.abort();
    await expect(asking).rejects.toThrow(/abort/i);
    await expect.poll(() => server.model.metrics().liveSequences).toBe(0);
  });

  it('goes through a round of tools, by the items themselves or by the response before', async () => {
    await using server = await openServer([`Let me see.${call}`, 'Sunny.', 'Sunny again.']);
    const input: Responses.ResponseInput = [{ role: 'user', content: 'Weather?' }];
    const first = await server.client.responses.create({ model: 'test', input, tools: [weather] });
    const asked = first.output.find((item) => item.type === 'function_call');
    expect(asked).toMatchObject({ name: 'weather' });
    const output = { type: 'function_call_output', call_id: asked?.call_id ?? '', output: 'sunny' } as const;
    const second = await server.client.responses.create({ model: 'test', input: [...input, ...first.output, output] as Responses.ResponseInput, tools: [weather] });
    expect(second.output_text).toBe('Sunny.');
    const third = await server.client.responses.create({ model: 'test', input: [output], tools: [weather], previous_response_id: first.id });
    expect(third.output_text).toBe('Sunny again.');
    expect(third.previous_response_id).toBe(first.id);
    // Both ways the model is told the same.
    expect(third.usage?.input_tokens).toBe(second.usage?.input_tokens);
  });

  it('ends with its first call where it may have only one', async () => {
    await using server = await openServer([`${call}\n${call}`]);
    const asked = { model: 'test', input: 'Weather?', tools: [weather] };
    const two = await server.client.responses.create(asked);
    expect(two.output.filter(({ type }) => type === 'function_call')).toHaveLength(2);
    const one = await server.client.responses.create({ ...asked, parallel_tool_calls: false });
    expect(one.output.filter(({ type }) => type === 'function_call')).toHaveLength(1);
    expect(one).toMatchObject({ status: 'completed', parallel_tool_calls: false });
  });

  it('tells how likely its tokens were, where that is asked for', async () => {
    await using server = await openServer(['Hi']);
    const response = await server.client.responses.create({ model: 'test', input: 'Hi', include: ['message.output_text.logprobs'], top_logprobs: 2 });
    const [item] = response.output;
    const logprobs = item?.type === 'message' && item.content[0]?.type === 'output_text' ? item.content[0].logprobs : undefined;
    expect(logprobs?.map(({ token }) => token)).toEqual(['H', 'i']);
  });

  it('is refused by the field at fault', async () => {
    await using server = await openServer(['Hi']);
    const asked = { model: 'test', input: 'Hi' };
    const refused = (more: object) => server.client.responses.create({ ...asked, ...more } as Responses.ResponseCreateParamsNonStreaming).catch((error: unknown) => error);
    expect(await refused({ model: 'none' })).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
    expect(await refused({ input: undefined })).toMatchObject({ status: 400, param: 'input' });
    expect(await refused({ tools: [{ type: 'web_search' }] })).toMatchObject({ status: 400, param: 'tools[0].type' });
    expect(await refused({ max_output_tokens: 0 })).toMatchObject({ status: 400, param: 'max_output_tokens', message: expect.stringContaining('max_output_tokens') });
    expect(await refused({ tool_choice: 'required' })).toMatchObject({ status: 400, param: 'tool_choice' });
    expect(await refused({ temperature: 'hot' })).toMatchObject({ status: 400, param: 'temperature' });
    expect(await refused({ conversation: 'conv_1' })).toMatchObject({ status: 400, param: 'conversation' });
    expect(await refused({ previous_response_id: 'resp_1' })).toMatchObject({ status: 404, code: 'previous_response_not_found', param: 'previous_response_id' });
    expect(await refused({ input: 'x'.repeat(5000), stream: true })).toMatchObject({ status: 400, code: 'context_length_exceeded' });
  });

  it('leaves out the oldest turns of what is too long, where truncation is auto', async () => {
    await using server = await openServer(['Hi']);
    const turns = Array.from({ length: 10 }, (_, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content: 'x'.repeat(600) }) as const);
    const input = [...turns, { role: 'user', content: 'Hi' } as const];
    await expect(server.client.responses.create({ model: 'test', input })).rejects.toMatchObject({ status: 400 });
    const response = await server.client.responses.create({ model: 'test', input, truncation: 'auto' });
    expect(response).toMatchObject({ status: 'completed', truncation: 'auto' });
  });
});

describe('a response that is kept', () => {
  it('is continued by its id, and forgotten where it is deleted', async () => {
    await using server = await openServer(['One', 'Two']);
    const first = await server.client.responses.create({ model: 'test', input: 'Hi', instructions: 'Count.' });
    const second = await server.client.responses.create({ model: 'test', input: 'And?', previous_response_id: first.id });
    expect(second.output_text).toBe('Two');
    expect(second.instructions).toBeNull();
    await server.client.responses.delete(first.id);
    await expect(server.client.responses.retrieve(first.id)).rejects.toMatchObject({ status: 404, code: 'response_not_found' });
    await expect(server.client.responses.create({ model: 'test', input: 'And?', previous_response_id: first.id })).rejects.toMatchObject({ status: 404 });
    expect((await server.client.responses.retrieve(second.id)).id).toBe(second.id);
  });

  it('is not where store is false', async () => {
    await using server = await openServer(['One']);
    const { id } = await server.client.responses.create({ model: 'test', input: 'Hi', store: false });
    await expect(server.client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });

  it('lists what was sent with it, page by page', async () => {
    await using server = await openServer(['One']);
    const input = Array.from({ length: 5 }, (_, at) => ({ role: 'user', content: `${at}` }) as const);
    const { id } = await server.client.responses.create({ model: 'test', input });
    const contents: unknown[] = [];
    for await (const item of server.client.responses.inputItems.list(id, { limit: 2, order: 'asc' })) contents.push((item as { content: unknown }).content);
    expect(contents).toEqual(['0', '1', '2', '3', '4']);
  });

  it('reads its prompt and answers nothing, where generate is false; the next continues it', async () => {
    await using server = await openServer(['One', 'Two']);
    const warm = await server.client.responses.create({ model: 'test', input: 'Hi', generate: false } as Responses.ResponseCreateParamsNonStreaming);
    expect(warm).toMatchObject({ status: 'completed', output: [] });
    expect(warm.usage?.input_tokens).toBeGreaterThan(0);
    const next = await server.client.responses.create({ model: 'test', input: 'And?', previous_response_id: warm.id });
    expect(next.output_text).toBe('Two');
  });
});
