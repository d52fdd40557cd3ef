import type { CompletionRequest } from '../../spec/completion-request.ts';
import type { TokenCount } from '../../spec/token-count.ts';
import type { Endpoint } from '../endpoint.ts';
import { HttpError } from '../http-error.ts';
import { jsonResponse } from '../json-response.ts';
import { respell } from '../openai/field-names.ts';
import { readJson } from '../read-json.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { responsesRequest } from './responses-request.ts';

/** What models have that can count before they answer. */
interface CountingModel {
  countTokens(request: CompletionRequest): Promise<TokenCount>;
}

/** `POST /v1/responses/input_tokens`: how many tokens the prompt of a response would have. */
export const countInput: Endpoint = async (context, request) => {
  const asked = responsesRequest(await readJson(context, request));
  const { asked: messages } = context.responses.conversationOf(asked);
  const { name, model } = await context.useLanguageModel(asked.model);
  if (!counts(model)) {
    const message = `the model "${name}" runs elsewhere, where tokens are not counted beforehand; the usage of its answers tells them`;
    throw new HttpError(400, 'unsupported_model', message, { param: 'model' });
  }
  try {
    const { inputTokens } = await unlessAborted(model.countTokens({ ...asked.options, messages }), context.signal);
    return jsonResponse({ object: 'response.input_tokens', input_tokens: inputTokens });
  } catch (error) {
    throw respell(error, asked.spelling);
  }
};

function counts(model: object): model is CountingModel {
  return 'countTokens' in model && typeof model.countTokens === 'function';
}
