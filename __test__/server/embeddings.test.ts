import { expect, it } from 'vitest';
import { TramontaneError } from '../../src/index.ts';
import { createHandler } from '../../src/server/index.ts';
import { post, refusalOf } from '../support/server/ask.ts';
import { PlayedModel } from '../support/server/played-model.ts';

const path = '/v1/embeddings';

/** A model whose vectors are made of the length of the texts. */
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
