import type { Endpoint } from '../endpoint.ts';
import { jsonResponse } from '../json-response.ts';
import { capabilitiesOf, detailsOf, infoOf, listedModel, modifiedAt, numberOf, textOf } from './model-details.ts';
import type { KnownInfo } from './model-details.ts';
import { namedModel } from './model-names.ts';
import { readBody } from './read-body.ts';

/** For ever, to Ollama: the longest that its durations have, 2^63 nanoseconds. */
const foreverMs = 2 ** 63 / 1e6;

/** `GET /api/tags`: the models that requests may name. What is told of one that is not loaded is little. */
export const listTags: Endpoint = ({ models }) => jsonResponse({ models: models.names.map((name) => listedModel(models, name)) });

/** `GET /api/ps`: those that are loaded. */
export const listRunning: Endpoint = ({ models }) =>
  jsonResponse({
    models: Array.from(models.loaded.keys(), (name) => {
      const expiresAt = new Date(Date.now() + Math.min(foreverMs, models.staysForMs(name)));
      const { contextLength } = infoOf(models, name);
      return { ...listedModel(models, name), expires_at: expiresAt.toISOString(), size_vram: 0, context_length: numberOf(contextLength) };
    }),
  });

/** `POST /api/show`. It does not load the model: others would have to go for that. */
export const show: Endpoint = async (context, request) => {
  const { models } = context;
  const name = namedModel(models, await readBody(context, request));
  const info = infoOf(models, name);
  return jsonResponse({
    license: '',
    modelfile: `FROM ${name}`,
    parameters: '',
    // Jinja's, where Ollama's own are Go's.
    template: textOf(info.chatTemplate),
    details: detailsOf(info),
    model_info: modelInfo(info),
    capabilities: capabilitiesOf(models.loadedAs(name)),
    modified_at: modifiedAt(models),
  });
};

/** Under the names that GGUF has. */
function modelInfo({ architecture, parameterCount, contextLength, embeddingWidth, vocabularySize }: KnownInfo): object {
  const family = textOf(architecture);
  if (family === '') return {};
  const known = {
    'general.architecture': family,
    'general.parameter_count': parameterCount,
    [`${family}.context_length`]: contextLength,
    [`${family}.embedding_length`]: embeddingWidth,
    [`${family}.vocab_size`]: vocabularySize,
  };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}
