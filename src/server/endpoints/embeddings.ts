import { checkChoice, checkInteger, checkText, largestCount, wrongValue } from '../../request/check-value.ts';
import type { EmbeddingResult } from '../../spec/embedding-result.ts';
import type { Endpoint } from '../endpoint.ts';
import { jsonResponse } from '../json-response.ts';
import { knownFields, respell } from '../openai/field-names.ts';
import { readJson } from '../read-json.ts';
import type { ServedEmbeddingModel } from '../served-model.ts';

/** `POST /v1/embeddings`. */
export const embeddings: Endpoint = async (context, request) => {
  const body = knownFields(await readJson(context, request), ['model', 'input', 'encoding_format', 'dimensions'], ['user']);
  const texts = readInput(body['input']);
  const format = checkChoice(body['encoding_format'], 'encoding_format', ['float', 'base64']) ?? 'float';
  const dimensions = checkInteger(body['dimensions'], 'dimensions', { min: 1, max: largestCount });
  const { name, model } = await context.useEmbeddingModel(checkText(body['model'], 'model'));
  const result = await embed(model, texts, context.signal);
  const length = result.embeddings[0]?.length;
  if (dimensions !== undefined && dimensions !== length) throw wrongValue('dimensions', `left out or ${length}, as the model's vectors are`, dimensions);
  return jsonResponse({
    object: 'list',
    data: result.embeddings.map((vector, index) => ({ object: 'embedding', index, embedding: format === 'base64' ? base64(vector) : Array.from(vector) })),
    model: name,
    usage: { prompt_tokens: result.inputTokens, total_tokens: result.inputTokens },
  });
};

async function embed(model: ServedEmbeddingModel, texts: readonly string[], abortSignal: AbortSignal): Promise<EmbeddingResult> {
  try {
    return await model.embed(texts, { abortSignal });
  } catch (error) {
    throw respell(error, [[/\btexts\b/g, 'input']]);
  }
}

function readInput(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  const expected = 'a string or an array of strings; token ids are those of another vocabulary';
  if (!Array.isArray(value) || value.length === 0) throw wrongValue('input', expected, value);
  return value.map((text: unknown, index) => {
    if (typeof text !== 'string') throw wrongValue(`input[${index}]`, 'a string', text);
    return text;
  });
}

/** 32-bit numbers, the lowest byte first, as OpenAI's clients read them. */
function base64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
}
