import { setTimeout } from 'node:timers/promises';
import OpenAI, { APIUserAbortError } from 'openai';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../../src/index.ts';
import type { Model } from '../../src/index.ts';
import { serve } from '../support/server/serve.ts';
import { testModel } from '../support/test-model.ts';
import { untilQuiet } from '../support/until-quiet.ts';

const question = [{ role: 'user' as const, content: 'Name three winds of the Mediterranean.' }];
const winds = ['mistral', 'sirocco', 'tramontane', 'bora', 'levante', 'libeccio'];

/** A server that loads the model with its first request. */
async function served() {
  let model: Model | undefined;
  const load = async ({ abortSignal }: { readonly abortSignal: AbortSignal }) => {
    model = await loadModel(testModel(), { abortSignal });
    return model;
  };
  const { url, server } = await serve({ models: { small: { load } } });
  return { server, client: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 }), url, model: () => model as Model };
}

async function tellAbout(client: OpenAI, wind: string, leaveAfter = Infinity): Promise<string> {
  const messages = [{ role: 'user' as const, content: `What is the ${wind}?` }];
  const stream = await client.chat.completions.create({ model: 'small', messages, stream: true, temperature: 0.8, seed: wind.length, max_tokens: 24 });
  let text = '';
  let chunks = 0;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    chunks += 1;
    if (chunks > leaveAfter) break;
  }
  return text;
}

describe('with real weights', () => {
  it('whoever stays gets what it gets alone, whoever else comes, leaves or errs', async () => {
    const { client, url, model } = await served();
    const alone: string[] = [];
    for (const wind of winds) alone.push(await tellAbout(client, wind));
    const refused = fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"messages":[{}]}' });
    const [together, , refusal] = await Promise.all([
      Promise.all(winds.map((wind) => tellAbout(client, wind))),
      Promise.all(winds.map((wind, index) => tellAbout(client, wind, 2 + index))),
      refused,
    ]);
    expect(together).toEqual(alone);
    expect(refusal.status).toBe(400);
    expect(await untilQuiet(model())).toMatchObject({ liveSequences: 0, queuedSequences: 0, failedSequences: 0 });
  });

  it('a client that goes away frees its sequence', async () => {
    const { client, model } = await served();
    const controller = new AbortController();
    const whole = client.chat.completions.create({ model: 'small', messages: question, logit_bias: { 2: -100 } }, { signal: controller.signal });
    await expect.poll(() => model()?.metrics().liveSequences, { timeout: 60_000 }).toBe(1);
    controller.abort();
    await expect(whole).rejects.toThrow(APIUserAbortError);
    const { generatedTokens, ...counts } = await untilQuiet(model());
    expect(counts).toMatchObject({ liveSequences: 0, abortedSequences: 1 });
    await setTimeout(100);
    expect(model().metrics().generatedTokens).toBe(generatedTokens);
  });

  it('holds an answer to a schema, and a call to its tool', async () => {
    const { client } = await served();
    const schema = { type: 'object', properties: { wind: { enum: ['mistral', 'bora'] } }, required: ['wind'], additionalProperties: false };
    const answer = await client.chat.completions.create({
      model: 'small',
      messages: question,
      temperature: 0,
      response_format: { type: 'json_schema', json_schema: { name: 'wind', schema, strict: true } },
    });
    expect(['mistral', 'bora']).toContain((JSON.parse(answer.choices[0]?.message.content ?? '') as { wind: string }).wind);

    const tools = [{ type: 'function' as const, function: { name: 'forecast', parameters: { type: 'object', properties: { days: { enum: [1, 2] } }, required: ['days'], additionalProperties: false } } }];
    const stream = client.chat.completions.stream({ model: 'small', messages: question, temperature: 0, tools, tool_choice: 'required' });
    const { choices } = await stream.finalChatCompletion();
    expect(choices[0]?.finish_reason).toBe('tool_calls');
    const [call] = choices[0]?.message.tool_calls ?? [];
    expect(call).toMatchObject({ type: 'function', function: { name: 'forecast' } });
    expect([1, 2]).toContain((JSON.parse((call as { function: { arguments: string } }).function.arguments) as { days: number }).days);
  });

  it('tells log probabilities, stops where it is told to, and repeats itself by a seed', async () => {
    const { client } = await served();
    const body = { model: 'small', messages: question, seed: 3, max_tokens: 12, logprobs: true, top_logprobs: 2, n: 2 };
    const [first, second] = await Promise.all([client.chat.completions.create(body), client.chat.completions.create(body)]);
    expect(first.choices.map(({ message }) => message.content)).toEqual(second.choices.map(({ message }) => message.content));
    expect(first.choices[0]?.message.content).not.toBe(first.choices[1]?.message.content);
    for (const { logprobs } of first.choices) {
      expect(logprobs?.content).toHaveLength(12);
      for (const { logprob, top_logprobs: top } of logprobs?.content ?? []) {
        expect(logprob).toBeLessThanOrEqual(0);
        expect(top).toHaveLength(2);
      }
    }
    const text = await client.completions.create({ model: 'small', prompt: 'One, two, three, four,', temperature: 0, max_tokens: 20, stop: [' six'], logprobs: 1 });
    expect(text.choices[0]?.text).toBe(' five,');
    expect(text.choices[0]?.finish_reason).toBe('stop');
    await expect(client.chat.completions.create({ model: 'small', messages: [{ role: 'user', content: 'wind '.repeat(20_000) }] })).rejects.toMatchObject({ code: 'context_length_exceeded', status: 400 });
  });
});
