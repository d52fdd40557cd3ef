import type { RemoteModelInfo } from '../../spec/remote-model-info.ts';
import type { Dialect } from '../dialect.ts';
import { countOf, firstText, objectOf, objectsOf } from './loose-json.ts';
import type { LooseObject } from './loose-json.ts';
import { placed, vectorOf } from './vectors.ts';

/** `GET /models`, in OpenAI's form; context lengths are those of vLLM, OpenRouter, Mistral, and llama.cpp's. */
export const openAIModels: NonNullable<Dialect['listModels']> = {
  path: '/models',
  read: (body) => objectsOf(Array.isArray(body) ? body : objectOf(body)['data']).flatMap(modelOf),
};

function modelOf(model: LooseObject): RemoteModelInfo[] {
  const id = firstText(model, ['id', 'name']);
  const contextLength =
    countOf(model['max_model_len']) ??
    countOf(model['context_length']) ??
    countOf(model['max_context_length']) ??
    countOf(objectOf(model['meta'])['n_ctx_train']);
  const displayName = firstText(model, ['display_name', 'name']);
  const ownedBy = firstText(model, ['owned_by']);
  return id === ''
    ? []
    : [
        {
          model: id,
          ...(displayName !== '' && displayName !== id && { displayName }),
          ...(contextLength !== undefined && { contextLength }),
          ...(ownedBy !== '' && { ownedBy }),
        },
      ];
}

/** `POST /embeddings`, in OpenAI's form. */
export const openAIEmbeddings: NonNullable<Dialect['embeddings']> = {
  request: (model, texts) => ({ path: '/embeddings', body: { model, input: texts, encoding_format: 'float' } }),
  read: (body) => {
    const answer = objectOf(body);
    return {
      embeddings: placed(objectsOf(answer['data']), ({ embedding }) => vectorOf(embedding)),
      inputTokens: countOf(objectOf(answer['usage'])['prompt_tokens']),
    };
  },
};
