import type { ConnectOptions } from '../spec/connect-options.ts';
import type { DialectName } from '../spec/dialect-name.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { copyJsonObject } from './check-json.ts';
import type { JsonObject } from './check-json.ts';
import {
  checkBoolean,
  checkChoice,
  checkFilledText,
  checkFunction,
  checkInteger,
  checkNumber,
  checkOptions,
  wrongValue,
} from './check-value.ts';

/** Options of a connection, checked and copied. What is `undefined` was not given. */
export interface CheckedConnection {
  readonly provider: string | undefined;
  readonly dialect: DialectName | undefined;
  readonly model: string;
  readonly baseUrl: URL | undefined;
  readonly apiKey: string | undefined;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof globalThis.fetch | undefined;
  readonly retries: number;
  readonly connectTimeoutMs: number;
  readonly maxRedirects: number;
  readonly webSocket: boolean;
  readonly providerOptions: JsonObject;
}

const optionNames = Object.keys({
  provider: true,
  dialect: true,
  model: true,
  baseUrl: true,
  apiKey: true,
  headers: true,
  fetch: true,
  retries: true,
  connectTimeoutMs: true,
  maxRedirects: true,
  websocket: true,
  providerOptions: true,
} satisfies Record<keyof ConnectOptions, true>);

const dialectNames = Object.keys({
  'openai-chat': true,
  'openai-responses': true,
  anthropic: true,
  gemini: true,
  ollama: true,
} satisfies Record<DialectName, true>) as DialectName[];

/** Timers take no more: a longer one would run out at once. */
const longestTimeoutMs = 2 ** 31 - 1;

/** Checks what `connect` was given: `provider:model` and options, or options alone. Throws `invalid-argument`. */
export function checkConnect(target: unknown, more: unknown): CheckedConnection {
  if (typeof target !== 'string') return checkConnection(checkOptions(target, 'options', optionNames));
  const options = checkOptions(more, 'options', optionNames);
  const colon = target.indexOf(':');
  if (colon < 1) throw wrongValue('model', '"provider:model", such as "openai:gpt-5"', target);
  for (const name of ['provider', 'model']) {
    if (options[name] !== undefined) throw wrongValue(name, 'left out, as the first argument says it', options[name]);
  }
  return checkConnection({ ...options, provider: target.slice(0, colon), model: target.slice(colon + 1) });
}

function checkConnection(options: Readonly<Record<string, unknown>>): CheckedConnection {
  const model = checkFilledText(options['model'], 'model');
  if (model === undefined) throw wrongValue('model', 'the name of a model', model);
  const fetch = checkFunction(options['fetch'], 'fetch') as typeof globalThis.fetch | undefined;
  const webSocket = checkBoolean(options['websocket'], 'websocket') ?? false;
  if (fetch && webSocket) throw wrongValue('websocket', 'left out, as fetch cannot make a WebSocket', webSocket);
  const { providerOptions } = options;
  return {
    provider: checkFilledText(options['provider'], 'provider'),
    dialect: checkChoice(options['dialect'], 'dialect', dialectNames),
    model,
    baseUrl: checkBaseUrl(options['baseUrl']),
    apiKey: checkKey(options['apiKey']),
    headers: checkHeaders(options['headers']),
    fetch,
    retries: checkInteger(options['retries'], 'retries', { min: 0, max: 100 }) ?? 2,
    connectTimeoutMs: checkNumber(options['connectTimeoutMs'], 'connectTimeoutMs', { min: 0, max: longestTimeoutMs }) ?? 10_000,
    maxRedirects: checkInteger(options['maxRedirects'], 'maxRedirects', { min: 0, max: 20 }) ?? 5,
    webSocket,
    providerOptions:
      providerOptions === undefined ? {} : copyJsonObject(providerOptions, 'providerOptions', 'a plain object'),
  };
}

function checkBaseUrl(value: unknown): URL | undefined {
  const text = checkFilledText(value, 'baseUrl');
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw wrongValue('baseUrl', 'an http or https URL', value);
  if (url.username || url.password) throw secretWrong('baseUrl', 'must have no user and password; pass them by headers');
  return url;
}

/** What a header can carry. */
function checkKey(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)) return value;
  throw secretWrong('apiKey', 'must be a string of visible ASCII characters, at least one');
}

function checkHeaders(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  let headers: Headers;
  try {
    headers = new Headers(value as ConstructorParameters<typeof Headers>[0]);
  } catch {
    throw secretWrong('headers', 'must be what `new Headers()` takes');
  }
  return Object.fromEntries(headers.entries());
}

/** As `wrongValue`, without showing the value: there may be a key in it. */
function secretWrong(field: string, expected: string): TramontaneError {
  return new TramontaneError('invalid-argument', `${field} ${expected}`, { field });
}
