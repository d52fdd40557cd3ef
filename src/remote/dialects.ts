import type { DialectName } from '../spec/dialect-name.ts';
import type { Dialect } from './dialect.ts';
import { anthropic } from './dialects/anthropic.ts';
import { gemini } from './dialects/gemini.ts';
import { ollama } from './dialects/ollama.ts';
import { openAIChat } from './dialects/openai-chat.ts';
import { openAIResponses } from './dialects/openai-responses.ts';

/** Every protocol that is spoken here, by its name. */
export const dialects: Readonly<Record<DialectName, Dialect>> = {
  'openai-chat': openAIChat,
  'openai-responses': openAIResponses,
  anthropic,
  gemini,
  ollama,
};
