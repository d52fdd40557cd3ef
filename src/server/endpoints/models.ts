import type { Endpoint } from '../endpoint.ts';
import { jsonResponse } from '../json-response.ts';
import type { ModelRegistry } from '../model-registry.ts';

/** `GET /v1/models`: the names that requests may use. */
export const listModels: Endpoint = ({ models }) =>
  jsonResponse({ object: 'list', data: models.names.map((name) => modelObject(models, name)) });

/** `GET /v1/models/{name}`. The name may have slashes, escaped or not. */
export const retrieveModel: Endpoint = ({ models, rest }) => jsonResponse(modelObject(models, models.nameOf(rest)));

function modelObject(models: ModelRegistry, id: string): object {
  return { id, object: 'model', created: models.created, owned_by: 'tramontane' };
}
