import { describe, expect, it } from 'vitest';
import { TramontaneError } from '../../src/index.ts';
import { createHandler } from '../../src/server/index.ts';
import { get, hi, post, refusalOf } from '../support/server/ask.ts';
import { PlayedModel } from '../support/server/played-model.ts';

const path = '/v1/embeddings';

/** A model that writes text too, whose vectors are made of the length of the texts. */
class EmbeddingModel extends PlayedModel {
  async embed(texts: readonly string[]): Promise<{ embeddings: number[][]; inputTokens: number }> {
    if (texts.includes('')) throw new TramontaneError('invalid-argument', `texts[${texts.indexOf('')}] is empty`, { field: `texts[${texts.indexOf('')}]` });
    return { embeddings: texts.map(({ length }) => [length, 0.5]), inputTokens: texts.length };
  }
}

const handler = createHandler({ models: { vectors: new EmbeddingModel(), chat: new PlayedModel() } });
const ask = async (fields: object): Promise<unknown> => (await handler.fetch(post(path, { model: 'vectors', ...fields }))).json();

it('gives a vector for each text, as numbers or as their bytes', async () => {
  expect(await ask({ input: ['a', 'bcd'] })).toEqual({
    object: 'list',
    data: [
      { object: 'embedding', index: 0, embedding: [1, 0.5] },
      { object: 'embedding', index: 1, embedding: [3, 0.5] },
    ],
    model: 'vectors',
    usage: { prompt_tokens: 2, total_tokens: 2 },
  });
  const bytes = Buffer.from(new Float32Array([1, 0.5]).buffer).toString('base64');
  expect(await ask({ input: 'a', encoding_format: 'base64', dimensions: 2 })).toMatchObject({ data: [{ embedding: bytes }] });
});

it.each<[string, Record<string, unknown>]>([
  ['input', {}],
  ['input', { input: [] }],
  ['input[0]', { input: [1, 2] }],
  ['input[1]', { input: ['a', ''] }],
  ['encoding_format', { input: 'a', encoding_format: 'int8' }],
  ['dimensions', { input: 'a', dimensions: 1 }],
])('names %s where it cannot be used', async (param, fields) => {
  expect(await refusalOf(handler, { model: 'vectors', ...fields }, path)).toMatchObject({ status: 400, code: 'invalid_value', param });
});

it('says which models have none', async () => {
  const refusal = await refusalOf(handler, { model: 'chat', input: 'a' }, path);
  expect(refusal).toMatchObject({ status: 400, code: 'unsupported_model', param: 'model' });
});

describe('a model that only embeds', () => {
  const onlyEmbeds = (onClose = () => {}) => ({
    info: { model: '/somewhere/vectors.gguf' },
    embed: async (texts: readonly string[]) => ({ embeddings: texts.map(() => [1]), inputTokens: texts.length }),
    close: async () => onClose(),
  });

  it('is served by itself, by its own name', async () => {
    const own = createHandler({ models: onlyEmbeds() });
    expect(await (await own.fetch(get('/v1/models'))).json()).toMatchObject({ data: [{ id: 'vectors' }] });
    expect(await (await own.fetch(post(path, { input: 'a' }))).json()).toMatchObject({ model: 'vectors', data: [{ embedding: [1] }] });
    expect((await own.fetch(get('/metrics'))).status).toBe(200);
  });

  it('is loaded when it is asked for, and closed with the server', async () => {
    let closed = 0;
    const lazy = createHandler({ models: { vectors: { load: async () => onlyEmbeds(() => (closed += 1)) } } });
    expect((await lazy.fetch(post(path, { input: 'a' }))).status).toBe(200);
    expect(closed).toBe(0);
    await lazy.close();
    expect(closed).toBe(1);
  });

  it.each([
    ['/v1/chat/completions', { messages: hi }],
    ['/v1/completions', { prompt: 'Hi' }],
    ['/v1/responses', { input: 'Hi' }],
  ])('is refused by %s, which says what to do', async (endpoint, fields) => {
    const own = createHandler({ models: { vectors: onlyEmbeds() } });
    const refusal = await refusalOf(own, { model: 'vectors', ...fields }, endpoint);
    expect(refusal).toMatchObject({ status: 400, code: 'unsupported_model', param: 'model' });
    expect(refusal['message']).toMatch(/"vectors".*ask it for embeddings/);
  });
});
