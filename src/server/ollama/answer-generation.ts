import type { FinishPart } from '../../spec/stream-part.ts';
import { eventStream } from '../event-stream.ts';
import { jsonResponse } from '../json-response.ts';
import { respell } from '../openai/field-names.ts';
import { Frames } from '../openai/frames.ts';
import { MergedParts } from '../openai/merged-parts.ts';
import { readWhole } from '../openai/read-whole.ts';
import type { JsonBody } from '../read-json.ts';
import type { RequestContext } from '../request-context.ts';
import { AnswerLines, emptyAnswer, wholeAnswer } from './answer-lines.ts';
import type { AnswerFrame } from './answer-lines.ts';
import { ollamaError } from './error-body.ts';
import { generationSpelling } from './generation-request.ts';
import type { GenerationRequest, KnownOfModel } from './generation-request.ts';
import { namedModel } from './model-names.ts';

/** Answers what `/api/chat` or `/api/generate` was asked for. */
export async function answerGeneration(
  context: RequestContext,
  form: AnswerFrame['form'],
  body: JsonBody,
  { requestTo, stream, keepAliveMs }: GenerationRequest,
): Promise<Response> {
  const askedMs = performance.now();
  const name = namedModel(context.models, body);
  const asked = String(body['model'] ?? body['name']);
  if (!requestTo && keepAliveMs === 0) {
    context.models.keepFor(name, 0);
    return jsonResponse(emptyAnswer({ model: asked, form, loadMs: 0 }, 'unload'));
  }
  const { model } = await context.useLanguageModel(name);
  if (keepAliveMs !== undefined) context.models.keepFor(name, keepAliveMs);
  const frame: AnswerFrame = { model: asked, form, loadMs: performance.now() - askedMs };
  if (!requestTo) return jsonResponse(emptyAnswer(frame, 'load'));
  const streams = model.streamChoices({ ...requestTo(model.info as KnownOfModel), abortSignal: context.signal }, 1);
  const counted = (end: Pick<FinishPart, 'timings'>) => context.metrics.answered(name, end);
  try {
    if (!stream) {
      const [result] = await readWhole(streams, context.signal, counted);
      return jsonResponse(result && wholeAnswer(frame, result));
    }
    const lines = new AnswerLines(frame);
    const end = {
      last: () => '',
      lastOnError: (error: unknown) => `${JSON.stringify(ollamaError(context.failureOf(respell(error, generationSpelling))))}\n`,
    };
    const events = new Frames(new MergedParts(streams, counted), ({ part }) => lines.linesOf(part));
    return await eventStream(context, events, end, { contentType: 'application/x-ndjson', silence: () => lines.silence() });
  } catch (error) {
    throw respell(error, generationSpelling);
  }
}
