import type { Dialect } from '../dialect.ts';
import { ChatDecoder } from './chat-decoder.ts';
import { chatRequest } from './chat-request.ts';
import { openAIEmbeddings, openAIModels } from './openai-lists.ts';
import { failedResponse } from './remote-failure.ts';

/** OpenAI's chat completions, and those of all who copy them (platform.openai.com/docs/api-reference/chat). */
export const openAIChat: Dialect = {
  name: 'openai-chat',
  framing: 'sse',
  keyVariables: ['OPENAI_API_KEY'],
  baseUrl: 'https://api.openai.com/v1',
  headers: bearerHeaders,
  request: chatRequest,
  decoder: (_request, { quirks }) => new ChatDecoder(quirks),
  failure: failedResponse,
  webSocketMessage: (body) => body,
  listModels: openAIModels,
  embeddings: openAIEmbeddings,
};

/** The key as most servers take it; without one, none. */
export function bearerHeaders(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}
