import { randomUUID } from 'node:crypto';
import type { FinishPart } from '../../spec/stream-part.ts';
import type { Endpoint } from '../endpoint.ts';
import { eventStream } from '../event-stream.ts';
import { jsonResponse } from '../json-response.ts';
import { ChatFrames } from '../openai/chat-frames.ts';
import { chatCompletion } from '../openai/chat-reply.ts';
import { readChatRequest } from '../openai/chat-request.ts';
import { respell } from '../openai/field-names.ts';
import { Frames, frame } from '../openai/frames.ts';
import { MergedParts } from '../openai/merged-parts.ts';
import { readWhole } from '../openai/read-whole.ts';
import { readJson } from '../read-json.ts';

/** `POST /v1/chat/completions`. */
export const chatCompletions: Endpoint = async (context, request) => {
  const asked = readChatRequest(await readJson(context, request));
  const { name, model } = await context.useLanguageModel(asked.model);
  const reply = { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: name };
  const streams = model.streamChoices({ ...asked.request, abortSignal: context.signal }, asked.count);
  const counted = (end: Pick<FinishPart, 'timings'>) => context.metrics.answered(name, end);
  try {
    if (!asked.stream) return jsonResponse(chatCompletion(reply, await readWhole(streams, context.signal, counted), asked.firstCallOnly));
    const chunks = new ChatFrames(reply, asked.count, asked);
    return await eventStream(context, new Frames(new MergedParts(streams, counted), (part) => chunks.framesOf(part)), {
      last: () => chunks.last(),
      // OpenAI's own library throws what it finds under `error`; without `[DONE]`, others see that something is missing.
      lastOnError: (error) => frame(context.failureOf(respell(error, asked.spelling)).body),
    });
  } catch (error) {
    throw respell(error, asked.spelling);
  }
};
