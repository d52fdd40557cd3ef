import type { Dialect } from '../dialect.ts';
import { AnthropicDecoder } from './anthropic-decoder.ts';
import { anthropicRequest } from './anthropic-request.ts';
import { firstText, objectOf, objectsOf } from './loose-json.ts';
import { failedResponse } from './remote-failure.ts';

/** Anthropic's messages (docs.anthropic.com/en/api/messages). There are no embeddings. */
export const anthropic: Dialect = {
  name: 'anthropic',
  framing: 'sse',
  keyVariables: ['ANTHROPIC_API_KEY'],
  baseUrl: 'https://api.anthropic.com',
  headers: (key) => ({ 'anthropic-version': '2023-06-01', ...(key !== undefined && { 'x-api-key': key }) }),
  request: anthropicRequest,
  decoder: () => new AnthropicDecoder(),
  failure: failedResponse,
  listModels: {
    path: '/v1/models?limit=1000',
    read: (body) =>
      objectsOf(objectOf(body)['data']).flatMap((model) => {
        const id = firstText(model, ['id']);
        const displayName = firstText(model, ['display_name']);
        return id === '' ? [] : [{ model: id, ...(displayName !== '' && { displayName }) }];
      }),
  },
};
