import type { ErrorCode } from '../../spec/error-code.ts';
import type { Failure } from '../../spec/failure-part.ts';
import { errorBody } from './error-frame.ts';
import type { ErrorFrame } from './error-frame.ts';

/** Our options by the names that servers have for them. */
const ourNames: Readonly<Record<string, string>> = {
  max_tokens: 'maxOutputTokens',
  max_completion_tokens: 'maxOutputTokens',
  max_output_tokens: 'maxOutputTokens',
  top_p: 'topP',
  top_k: 'topK',
  min_p: 'minP',
  frequency_penalty: 'frequencyPenalty',
  presence_penalty: 'presencePenalty',
  repetition_penalty: 'repetitionPenalty',
  stop: 'stopSequences',
  stop_sequences: 'stopSequences',
  top_logprobs: 'logprobs',
  logit_bias: 'logitBias',
  response_format: 'responseFormat',
  tool_choice: 'toolChoice',
  input: 'messages',
};

/** The words of OpenAI, Anthropic, Google, llama.cpp (`exceed_context_size_error`) and vLLM for a prompt that is too long. */
const tooLong =
  /context_length|exceed_context_size|context (length|window|size)|maximum context|prompt is too long|(input|prompt|too many).{0,40}tokens?.{0,40}(exceed|maximum|limit)|too many (input )?tokens/;
const noSuchModel = /model.{0,200}(not found|not exist|unknown|no such|not available|not supported)|(no such|unknown|invalid) model/s;

/** A failed response as a failure. */
export function failedResponse(status: number, body: string): Failure {
  const frame = errorBody(body);
  return failureOf(frame, status, `the server answered ${status}`);
}

/** An error in the middle of a stream as a failure. */
export function failedFrame(frame: ErrorFrame): Failure {
  return failureOf(frame, frame.status, 'the server broke off with an error');
}

function failureOf(frame: ErrorFrame, status: number | undefined, what: string): Failure {
  const code = codeOf(frame, status);
  // What follows goes on in the same sentence.
  const said = (frame.message || frame.kind).replace(/[.\s]+$/, '');
  const field = code === 'invalid-argument' && frame.param ? (ourNames[frame.param] ?? frame.param) : undefined;
  return {
    code,
    message: `${what}${said === '' ? '' : `: ${said}`}${advice[code] ?? ''}`,
    ...(field !== undefined && { field }),
    ...(frame.retryAfterMs !== undefined && { retryAfterMs: frame.retryAfterMs }),
  };
}

const advice: Partial<Record<ErrorCode, string>> = {
  unauthorized: '; check apiKey and what it may be used for',
  'model-not-found': '; listModels() tells what there is',
  'rate-limited': '; try again later',
};

function codeOf({ message, kind }: ErrorFrame, status: number | undefined): ErrorCode {
  const said = `${kind} ${message}`.toLowerCase();
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 429) return 'rate-limited';
  // A server that fails may say anything of what was too long for it, but llama.cpp's said so with 500 for a time.
  if (tooLong.test(said)) return 'context-overflow';
  if (status !== undefined && status >= 500) return 'remote-failed';
  if (/model_not_found/.test(kind) || ((status === 404 || status === 400) && noSuchModel.test(said))) return 'model-not-found';
  // Anthropic says no more than `model: NAME`.
  if (/not_found/.test(kind) && (noSuchModel.test(said) || message.startsWith('model:'))) return 'model-not-found';
  if (/authentication|permission|unauth|invalid_api_key|access_denied|authfailure/.test(kind)) return 'unauthorized';
  if (/rate_limit|ratelimit|too_many_requests|resource_exhausted|insufficient_quota/.test(kind)) return 'rate-limited';
  if (status === 400 || status === 413 || status === 422) return 'invalid-argument';
  if (/invalid_request|invalid_argument|badrequest/.test(kind)) return 'invalid-argument';
  // Ollama's models are pulled by name, and its errors have no kind.
  if (status === undefined && kind === '' && noSuchModel.test(said)) return 'model-not-found';
  return 'remote-failed';
}
