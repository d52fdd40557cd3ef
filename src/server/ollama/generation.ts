import type { Endpoint } from '../endpoint.ts';
import { answerGeneration } from './answer-generation.ts';
import { readChat, readGenerate } from './generation-request.ts';
import { readBody } from './read-body.ts';

/** `POST /api/chat`. */
export const chat: Endpoint = async (context, request) => {
  const body = await readBody(context, request);
  return answerGeneration(context, 'chat', body, readChat(body));
};

/** `POST /api/generate`. */
export const generate: Endpoint = async (context, request) => {
  const body = await readBody(context, request);
  return answerGeneration(context, 'generate', body, readGenerate(body));
};
