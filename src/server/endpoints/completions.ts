import { randomUUID } from 'node:crypto';
import type { FinishPart } from '../../spec/stream-part.ts';
import type { Endpoint } from '../endpoint.ts';
import { eventStream } from '../event-stream.ts';
import { jsonResponse } from '../json-response.ts';
import { CompletionFrames } from '../openai/completion-frames.ts';
import { textCompletion } from '../openai/completion-reply.ts';
import { readCompletionRequest } from '../openai/completion-request.ts';
import { respell } from '../openai/field-names.ts';
import { Frames, frame } from '../openai/frames.ts';
import { MergedParts } from '../openai/merged-parts.ts';
import { readWhole } from '../openai/read-whole.ts';
import { readJson } from '../read-json.ts';

/** `POST /v1/completions`: text that is continued as it stands, without a chat template. */
export const completions: Endpoint = async (context, request) => {
  const asked = readCompletionRequest(await readJson(context, request));
  const { name, model } = await context.useLanguageModel(asked.model);
  const reply = { id: `cmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: name };
  const streams = asked.requests.flatMap((each) => model.streamChoices({ ...each, abortSignal: context.signal }, asked.count));
  const counted = (end: Pick<FinishPart, 'timings'>) => context.metrics.answered(name, end);
  try {
    if (!asked.stream) return jsonResponse(textCompletion(reply, await readWhole(streams, context.signal, counted), asked));
    const chunks = new CompletionFrames(reply, asked);
    return await eventStream(context, new Frames(new MergedParts(streams, counted), (part) => chunks.framesOf(part)), {
      last: () => chunks.last(),
      lastOnError: (error) => frame(context.failureOf(respell(error, asked.spelling)).body),
    });
  } catch (error) {
    throw respell(error, asked.spelling);
  }
};
