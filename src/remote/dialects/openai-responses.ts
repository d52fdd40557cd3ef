import type { Dialect } from '../dialect.ts';
import { chatForResponses } from './chat-for-responses.ts';
import { bearerHeaders } from './openai-chat.ts';
import { openAIEmbeddings, openAIModels } from './openai-lists.ts';
import { failedResponse } from './remote-failure.ts';
import { ResponsesDecoder } from './responses-decoder.ts';
import { responsesRequest } from './responses-request.ts';

/** OpenAI's responses (platform.openai.com/docs/api-reference/responses). */
export const openAIResponses: Dialect = {
  name: 'openai-responses',
  framing: 'sse',
  keyVariables: ['OPENAI_API_KEY'],
  baseUrl: 'https://api.openai.com/v1',
  headers: bearerHeaders,
  request: responsesRequest,
  decoder: () => new ResponsesDecoder(),
  failure: failedResponse,
  // developers.openai.com, "WebSocket mode": the request is an event, and is streamed without being asked to.
  webSocketMessage: (body) => ({ type: 'response.create', ...(body as object), stream: undefined }),
  standIn: chatForResponses,
  listModels: openAIModels,
  embeddings: openAIEmbeddings,
};
