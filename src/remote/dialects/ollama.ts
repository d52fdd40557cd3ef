import type { Dialect } from '../dialect.ts';
import { countOf, firstText, objectOf, objectsOf } from './loose-json.ts';
import { OllamaDecoder } from './ollama-decoder.ts';
import { ollamaRequest } from './ollama-request.ts';
import { bearerHeaders } from './openai-chat.ts';
import { failedResponse } from './remote-failure.ts';
import { vectorOf } from './vectors.ts';

/** Ollama (docs.ollama.com/api). A key is for its cloud only. */
export const ollama: Dialect = {
  name: 'ollama',
  framing: 'ndjson',
  keyVariables: ['OLLAMA_API_KEY'],
  baseUrl: 'http://127.0.0.1:11434',
  headers: bearerHeaders,
  request: ollamaRequest,
  decoder: () => new OllamaDecoder(),
  failure: failedResponse,
  listModels: {
    path: '/api/tags',
    read: (body) =>
      objectsOf(objectOf(body)['models']).flatMap((model) => {
        const name = firstText(model, ['model', 'name']);
        return name === '' ? [] : [{ model: name }];
      }),
  },
  embeddings: {
    request: (model, texts) => ({ path: '/api/embed', body: { model, input: texts, truncate: false } }),
    read: (body) => {
      const { embeddings, prompt_eval_count: inputTokens } = objectOf(body);
      return { embeddings: Array.isArray(embeddings) ? embeddings.map(vectorOf) : [], inputTokens: countOf(inputTokens) };
    },
  },
};
