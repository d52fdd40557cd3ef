import { APICallError, NoSuchModelError } from '@ai-sdk/provider';
import type { EmbeddingModelV4, LanguageModelV4 } from '@ai-sdk/provider';
import { createProviderRegistry, embed, embedMany, generateText } from 'ai';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { createTramontane, tramontaneEmbedding } from '../../src/ai-sdk/index.ts';
import { createTramontane as createTramontaneV3, tramontaneEmbedding as tramontaneEmbeddingV3 } from '../../src/ai-sdk/v3/index.ts';
import { connect } from '../../src/index.ts';
import { errorOf } from '../support/error-of.ts';
import { loopback } from '../support/remote/loopback.ts';
import { partsModel } from './parts-model.ts';

/** A server of embeddings: of each text its length. */
async function embeddingServer(status = 200): Promise<string> {
  const { url } = await loopback(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { input } = JSON.parse(body) as { input: string[] };
    const data = input.map((text, index) => ({ index, embedding: [text.length, 1] }));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ data, usage: { prompt_tokens: 3 } }));
  });
  return url;
}

const remote = (baseUrl: string) => connect({ dialect: 'openai-chat', model: 'e', baseUrl, retries: 0 });

describe('createTramontane()', () => {
  it.each([
    ['4', createTramontane],
    ['3', createTramontaneV3],
  ])('of version %s has its models by name', async (_, create) => {
    const provider = create({ models: { chat: partsModel([['Hello!']]).model } });
    expect(provider.languageModel('chat').modelId).toBe('chat');
    const registry = createProviderRegistry({ local: provider });
    expect((await generateText({ model: registry.languageModel('local:chat'), prompt: 'Hi' })).text).toBe('Hello!');
    expect((await generateText({ model: provider('chat'), prompt: 'Hi' })).text).toBe('Hello!');
  });

  it('has the types of the AI SDK', () => {
    const provider = createTramontane({ models: {} });
    expectTypeOf(provider.languageModel).returns.toExtend<LanguageModelV4>();
    expectTypeOf(provider.embeddingModel).returns.toExtend<EmbeddingModelV4>();
    expectTypeOf(provider).toExtend<Parameters<typeof createProviderRegistry>[0][string]>();
    expect(provider.specificationVersion).toBe('v4');
  });

  it('names the models there are where one is not among them', () => {
    const provider = createTramontane({ models: { chat: partsModel([]).model } });
    for (const ask of [() => provider.languageModel('chet'), () => provider.embeddingModel('chet'), () => provider.imageModel('chat')]) {
      const error = errorOf(ask);
      expect(error).toMatchObject({ code: 'model-not-found', field: 'modelId' });
      expect(NoSuchModelError.isInstance(error)).toBe(true);
    }
    expect(errorOf(() => provider('toString'))).toMatchObject({ code: 'model-not-found', message: expect.stringContaining('"chat"') });
    expect(errorOf(() => provider.embeddingModel('chat'))).toMatchObject({ code: 'invalid-argument' });
  });
});

describe('embeddings', () => {
  it.each([
    ['4', tramontaneEmbedding],
    ['3', tramontaneEmbeddingV3],
  ])('of version %s come from a model that has them', async (_, embedding) => {
    await using model = remote(await embeddingServer());
    const one = await embed({ model: embedding(model), value: 'mistral' });
    expect(one).toMatchObject({ embedding: [7, 1], usage: { tokens: 3 } });
    const several = await embedMany({ model: embedding(model), values: ['a', 'bb', 'ccc'] });
    expect(several.embeddings).toEqual([[1, 1], [2, 1], [3, 1]]);
  });

  it('say that dimensions cannot be chosen', async () => {
    await using model = remote(await embeddingServer());
    const { warnings } = await tramontaneEmbedding(model).doEmbed({ values: ['a'], dimensions: 64 });
    expect(warnings).toEqual([{ type: 'unsupported', feature: 'dimensions' }]);
  });

  it('are aborted by their signal, before and during the call', async () => {
    const { url } = await loopback(() => {});
    await using model = remote(url);
    const controller = new AbortController();
    const asking = embed({ model: tramontaneEmbedding(model), value: 'a', abortSignal: controller.signal });
    setTimeout(() => controller.abort('enough'), 20);
    await expect(asking).rejects.toMatchObject({ name: 'AbortError', cause: 'enough' });
    await expect(tramontaneEmbedding(model).doEmbed({ values: ['a'], abortSignal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('fail as calls of the AI SDK do', async () => {
    await using model = remote(await embeddingServer(429));
    const error: unknown = await tramontaneEmbedding(model)
      .doEmbed({ values: ['a'] })
      .then(undefined, (reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'rate-limited', isRetryable: true });
    expect(APICallError.isInstance(error)).toBe(true);
  });
});
