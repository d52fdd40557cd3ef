import type { Dialect } from '../dialect.ts';
import { GeminiDecoder } from './gemini-decoder.ts';
import { geminiRequest, modelPath } from './gemini-request.ts';
import { countOf, firstText, objectOf, objectsOf } from './loose-json.ts';
import { failedResponse } from './remote-failure.ts';
import { vectorOf } from './vectors.ts';

/** Google's Gemini (ai.google.dev/api). */
export const gemini: Dialect = {
  name: 'gemini',
  framing: 'sse',
  keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  headers: (key): Record<string, string> => (key === undefined ? {} : { 'x-goog-api-key': key }),
  request: geminiRequest,
  decoder: () => new GeminiDecoder(),
  failure: failedResponse,
  listModels: {
    path: '/models?pageSize=1000',
    read: (body) =>
      objectsOf(objectOf(body)['models']).flatMap((model) => {
        const name = firstText(model, ['name']).replace(/^models\//, '');
        const displayName = firstText(model, ['displayName']);
        const contextLength = countOf(model['inputTokenLimit']);
        const known = { ...(displayName !== '' && { displayName }), ...(contextLength !== undefined && { contextLength }) };
        return name === '' ? [] : [{ model: name, ...known }];
      }),
  },
  embeddings: {
    request: (model, texts) => {
      const path = modelPath(model);
      const requests = texts.map((text) => ({ model: decodeURIComponent(path), content: { parts: [{ text }] } }));
      return { path: `/${path}:batchEmbedContents`, body: { requests } };
    },
    read: (body) => ({
      embeddings: objectsOf(objectOf(body)['embeddings']).map(({ values }) => vectorOf(values)),
      inputTokens: countOf(objectOf(objectOf(body)['usageMetadata'])['promptTokenCount']),
    }),
  },
};
