import { checkInteger, checkText, largestCount, wrongValue } from '../../request/check-value.ts';
import type { EmbeddingResult } from '../../spec/embedding-result.ts';
import type { Endpoint } from '../endpoint.ts';
import { jsonResponse } from '../json-response.ts';
import { respell } from '../openai/field-names.ts';
import type { JsonBody } from '../read-json.ts';
import type { RequestContext } from '../request-context.ts';
import { nanoseconds } from './answer-lines.ts';
import { readKeepAlive } from './keep-alive.ts';
import { namedModel } from './model-names.ts';
import { readBody } from './read-body.ts';

interface Embedded extends EmbeddingResult {
  readonly loadMs: number;
  readonly totalMs: number;
}

/** `POST /api/embed`. A text that is too long is refused, whether or not `truncate` would have it cut. */
export const embed: Endpoint = async (context, request) => {
  const body = await readBody(context, request);
  const { embeddings, inputTokens, loadMs, totalMs } = await vectorsOf(context, body, 'input', readInput(body['input']));
  const dimensions = checkInteger(body['dimensions'], 'dimensions', { min: 0, max: largestCount });
  const width = embeddings[0]?.length;
  if (dimensions && width !== undefined && dimensions !== width) throw wrongValue('dimensions', `left out or ${width}, as the model's vectors are`, dimensions);
  return jsonResponse({
    model: body['model'] ?? body['name'],
    embeddings,
    total_duration: nanoseconds(totalMs),
    load_duration: nanoseconds(loadMs),
    prompt_eval_count: inputTokens,
  });
};

/** `POST /api/embeddings`, as it was before: one text. */
export const embedOne: Endpoint = async (context, request) => {
  const body = await readBody(context, request);
  const prompt = checkText(body['prompt'], 'prompt') ?? '';
  const { embeddings } = await vectorsOf(context, body, 'prompt', prompt === '' ? [] : [prompt]);
  return jsonResponse({ embedding: embeddings[0] ?? [] });
};

/** Without texts the model is loaded, and that is all. */
async function vectorsOf(context: RequestContext, body: JsonBody, field: string, texts: readonly string[]): Promise<Embedded> {
  const askedMs = performance.now();
  const keepAliveMs = readKeepAlive(body['keep_alive']);
  const name = namedModel(context.models, body);
  const { model } = await context.useEmbeddingModel(name);
  if (keepAliveMs !== undefined) context.models.keepFor(name, keepAliveMs);
  const loadMs = performance.now() - askedMs;
  try {
    const result = texts.length === 0 ? { embeddings: [], inputTokens: 0 } : await model.embed(texts, { abortSignal: context.signal });
    return { ...result, loadMs, totalMs: performance.now() - askedMs };
  } catch (error) {
    throw respell(error, [[/\btexts\b/g, field]]);
  }
}

function readInput(value: unknown): string[] {
  if (value === undefined || value === '') return [];
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) throw wrongValue('input', 'a string or an array of strings', value);
  return value.map((text: unknown, index) => {
    if (typeof text !== 'string') throw wrongValue(`input[${index}]`, 'a string', text);
    return text;
  });
}
