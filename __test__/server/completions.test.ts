import { describe, expect, it } from 'vitest';
import { createHandler } from '../../src/server/index.ts';
import { part } from '../support/parts.ts';
import { eventsOf, post, refusalOf } from '../support/server/ask.ts';
import { PlayedModel } from '../support/server/played-model.ts';

const path = '/v1/completions';

async function asked(fields: Record<string, unknown>, replies?: ConstructorParameters<typeof PlayedModel>[0]) {
  const model = new PlayedModel(replies);
  const response = await createHandler({ models: { small: model } }).fetch(post(path, fields));
  return { answer: (await response.json()) as object, requests: model.requests };
}

describe('/v1/completions', () => {
  it('continues a text, by 16 tokens where nothing is said', async () => {
    const { answer, requests } = await asked({ prompt: 'Once', temperature: 0, stop: ['.'] });
    expect(requests).toEqual([{ prompt: 'Once', temperature: 0, stopSequences: ['.'], maxOutputTokens: 16, abortSignal: expect.any(AbortSignal) }]);
    expect(answer).toMatchObject({ object: 'text_completion', model: 'small', choices: [{ index: 0, text: 'Hello', logprobs: null, finish_reason: 'stop' }] });
    expect((await asked({ prompt: 'Once', max_tokens: 5 })).requests[0]).toMatchObject({ maxOutputTokens: 5 });
    expect((await asked({ prompt: 'Once', max_tokens: -1 })).requests[0]).not.toHaveProperty('maxOutputTokens');
  });

  it('takes several prompts, of text and of token ids, with n answers to each', async () => {
    const finish = { ...part.finish(), usage: { inputTokens: 2, outputTokens: 1, totalTokens: 3, cachedInputTokens: 0 } } as const;
    const { answer, requests } = await asked({ prompt: ['a', [1, 2]], n: 2, echo: false }, ['w', 'x', 'y', 'z'].map((text) => [text, finish]));
    expect(requests).toMatchObject([{ prompt: 'a' }, { prompt: 'a' }, { tokens: [1, 2] }, { tokens: [1, 2] }]);
    const choices = ['w', 'x', 'y', 'z'].map((text, index) => ({ index, text }));
    expect(answer).toMatchObject({ choices, usage: { prompt_tokens: 4, completion_tokens: 4, total_tokens: 8 } });
    expect((await asked({ prompt: [1, 2] })).requests).toMatchObject([{ tokens: [1, 2] }]);
  });

  it('says the prompt again where echo asks for it, streamed too', async () => {
    expect((await asked({ prompt: 'Well, ', echo: true })).answer).toMatchObject({ choices: [{ text: 'Well, Hello' }] });
    const response = await createHandler({ models: new PlayedModel([['He', 'llo']]) }).fetch(
      post(path, { prompt: 'Well, ', echo: true, stream: true, stream_options: { include_usage: true } }),
    );
    const events = (await eventsOf(response)) as { choices: { text: string; finish_reason: string | null }[] }[];
    expect(events.slice(0, -2).map(({ choices }) => choices[0])).toMatchObject([
      { text: 'Well, He', finish_reason: null },
      { text: 'llo', finish_reason: null },
      { text: '', finish_reason: 'stop' },
    ]);
    expect(events.slice(-2)).toMatchObject([{ choices: [], usage: { prompt_tokens: expect.any(Number) } }, '[DONE]']);
  });

  it('tells log probabilities in the words of text completions, the same streamed', async () => {
    const replies = [[part.likely('One', ' '), 'One ', part.likely('two'), 'two', part.finish()]];
    const whole = { tokens: ['One', ' ', 'two'], token_logprobs: [-3, -1, -3], top_logprobs: [{ One: -3 }, { ' ': -1 }, { two: -3 }], text_offset: [0, 3, 4] };
    expect((await asked({ prompt: 'a', logprobs: 1 }, replies)).answer).toMatchObject({ choices: [{ logprobs: whole }] });
    const response = await createHandler({ models: new PlayedModel(replies) }).fetch(post(path, { prompt: 'a', logprobs: 1, stream: true }));
    const events = (await eventsOf(response)) as { choices: [{ logprobs: typeof whole | null }] }[];
    const pieces = events.slice(0, -1).flatMap(({ choices }) => choices[0].logprobs ?? []);
    expect(pieces.flatMap(({ tokens }) => tokens)).toEqual(whole.tokens);
    expect(pieces.flatMap(({ text_offset: offsets }) => offsets)).toEqual(whole.text_offset);
  });

  it.each<[string, Record<string, unknown>]>([
    ['prompt', {}],
    ['prompt', { prompt: '' }],
    ['prompt', { prompt: [] }],
    ['prompt[1]', { prompt: ['a', {}] }],
    ['prompt[1]', { prompt: [1, -1] }],
    ['prompt', { prompt: ['a', 'b'], n: 100 }],
    ['echo', { prompt: [1], echo: true }],
    ['echo', { prompt: 'a', echo: true, logprobs: 1 }],
    ['best_of', { prompt: 'a', best_of: 3 }],
    ['suffix', { prompt: 'a', suffix: 'b' }],
    ['logprobs', { prompt: 'a', logprobs: true }],
    ['max_tokens', { prompt: 'a', max_tokens: 0 }],
  ])('refuses what it cannot do and names %s', async (param, fields) => {
    const handler = createHandler({ models: new PlayedModel() });
    expect(await refusalOf(handler, fields, path)).toMatchObject({ status: 400, code: 'invalid_value', param });
  });
});
