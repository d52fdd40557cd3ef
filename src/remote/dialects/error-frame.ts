import { firstText, isObject, objectsOf, textOf } from './loose-json.ts';
import type { LooseObject } from './loose-json.ts';

/** What a server says of an error, in whichever form. */
export interface ErrorFrame {
  readonly message: string;
  /** Its words for the kind of error, in lower case, joined by spaces. */
  readonly kind: string;
  /** An HTTP status within the frame. */
  readonly status: number | undefined;
  /** The field of the request that it finds at fault. */
  readonly param: string | undefined;
  readonly retryAfterMs: number | undefined;
}

/** Longer messages are cut: a server may answer with a whole page. */
const longestMessage = 1000;

const messageFields = ['message', 'Message', 'msg', 'Msg', 'detail', 'error_msg', 'error_description'];
const kindFields = ['type', 'code', 'Code', 'status', 'reason'];

/**
 * The error that a frame tells of, if it does. The forms, and who sends them:
 * - `{ error: { message, type, code, param } }`: OpenAI and most others; `code` may be a number (OpenRouter, Google)
 * - `{ error: "text" }`: Ollama, Hugging Face's servers
 * - `{ type: "error", error: { type, message } }`: Anthropic
 * - `{ type: "error", code, message, param }`: OpenAI Responses
 * - `{ error: { code, message, status, details } }`, also as the only element of an array: Google
 * - `{ object: "error", message, type, code }`: vLLM before 0.10, Mistral
 * - `{ ErrorMsg: { Msg, Code } }` and `{ Response: { Error: { Code, Message } } }`: Tencent
 * - `{ errors: [{ message }] }`: Cloudflare
 */
export function errorFrame(frame: unknown): ErrorFrame | undefined {
  if (Array.isArray(frame)) return frame.length === 1 && isObject(frame[0]) ? errorFrame(frame[0]) : undefined;
  if (!isObject(frame)) return undefined;
  const nested = frame['error'] ?? frame['ErrorMsg'] ?? nestedError(frame['Response']);
  if (isObject(nested)) return readError(nested, frame);
  if (typeof nested === 'string' && nested !== '') return readError({ ...frame, message: nested });
  const first = objectsOf(frame['errors'])[0];
  if (first) return readError(first, frame);
  return frame['type'] === 'error' || frame['object'] === 'error' ? readError(frame) : undefined;
}

/**
 * What the body of a failed response says, which may be less than an error frame: `{ message }`, `{ detail }` (FastAPI,
 * whose validation gives a list), `{ code, msg }` (Zhipu), a page, or bare text.
 */
export function errorBody(body: string): ErrorFrame {
  const parsed = parse(body);
  return errorFrame(parsed) ?? readError(isObject(parsed) ? parsed : { message: visibleText(body) });
}

/** What an object says that is known to tell of an error; `frame` is what it was found in. */
export function readError(error: LooseObject, frame: LooseObject = error): ErrorFrame {
  const kinds = [...kindFields.map((field) => error[field]), frame['code']];
  const words = kinds.filter((kind) => typeof kind === 'string' && kind !== '') as string[];
  const numbers = [...kinds, error['status_code']].map(Number);
  return {
    message: messageOf(error, frame),
    kind: words.join(' ').toLowerCase(),
    status: numbers.find((number) => Number.isInteger(number) && number >= 400 && number < 600),
    param: textOf(error['param']) || locationOf(error['detail']) || undefined,
    retryAfterMs: retryDelay(error['details']),
  };
}

function messageOf(error: LooseObject, frame: LooseObject): string {
  const [detail] = objectsOf(error['detail']);
  const text = firstText(error, messageFields) || (detail && textOf(detail['msg'])) || firstText(frame, messageFields);
  return text.length > longestMessage ? `${text.slice(0, longestMessage).toWellFormed()}…` : text.toWellFormed();
}

/** FastAPI's `["body", "max_tokens"]`. */
function locationOf(details: unknown): string {
  const location = objectsOf(details)[0]?.['loc'];
  return Array.isArray(location) ? textOf(location.at(-1)) : '';
}

/** Google's `google.rpc.RetryInfo`: `{ retryDelay: "34.07s" }`. */
function retryDelay(details: unknown): number | undefined {
  for (const detail of objectsOf(details)) {
    const seconds = /^(\d{1,6}(?:\.\d{1,9})?)s$/.exec(textOf(detail['retryDelay']))?.[1];
    if (seconds !== undefined) return Math.ceil(Number(seconds) * 1000);
  }
  return undefined;
}

function nestedError(response: unknown): unknown {
  return isObject(response) ? response['Error'] : undefined;
}

/** What a page shows, or a text as it is. */
function visibleText(body: string): string {
  const start = body.slice(0, 4 * longestMessage).trim();
  if (!start.startsWith('<')) return start;
  return (/<title[^>]*>([^<]*)<\/title/i.exec(start)?.[1] ?? '').trim();
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
