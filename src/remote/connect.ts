import { checkConnect } from '../request/check-connect.ts';
import type { CheckedConnection } from '../request/check-connect.ts';
import { checkChoice, guardCheck } from '../request/check-value.ts';
import type { ConnectOptions } from '../spec/connect-options.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { Dialect } from './dialect.ts';
import { dialects } from './dialects.ts';
import { chatQuirks } from './dialects/chat-quirks.ts';
import { Endpoint } from './endpoint.ts';
import { FetchExchange } from './fetch-exchange.ts';
import { NodeConnections } from './node-exchange.ts';
import { providers } from './providers.ts';
import type { Provider } from './providers.ts';
import { RemoteModel } from './remote-model.ts';

/**
 * A model of a remote engine, with the same streams as a model in this process. Nothing is sent before a stream of it is
 * read, so a wrong name or key shows there.
 *
 * @param model - Provider and model, such as `openai:gpt-5` or `vllm:NAME`, or the options that say so.
 * @param options - How to reach it.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault.
 * @example
 * await using model = connect('ollama:llama3.2');
 * for await (const delta of model.streamPrompt('Name three winds.').textStream) process.stdout.write(delta);
 * @example A server that speaks OpenAI's protocol
 * const model = connect({ dialect: 'openai-chat', baseUrl: 'http://10.0.0.5:8000/v1', model: 'qwen3' });
 */
export function connect(model: string, options?: Omit<ConnectOptions, 'provider' | 'model'>): RemoteModel;
export function connect(options: ConnectOptions): RemoteModel;
export function connect(target: string | ConnectOptions, options?: Omit<ConnectOptions, 'provider' | 'model'>): RemoteModel {
  return connectBy(dialects, target, options);
}

/** `connect` with other protocols than those that there are. */
export function connectBy(
  known: Readonly<Partial<Record<string, Dialect>>>,
  target: string | ConnectOptions,
  options?: Omit<ConnectOptions, 'provider' | 'model'>,
): RemoteModel {
  return guardCheck('options', () => {
    const checked = checkConnect(target, options);
    const name = checkChoice(checked.provider, 'provider', Object.keys(providers));
    const provider = name === undefined ? undefined : providers[name];
    const dialect = dialectOf(known, checked, provider);
    const place = placeOf(dialect, checked, provider);
    const { retries, providerOptions } = checked;
    // A place that nobody here knows is taken to have no more than all have.
    const unknown = checked.baseUrl ? chatQuirks.compatible : {};
    const settings = { quirks: provider?.quirks ?? unknown, providerOptions };
    const { model, webSocket, headers, maxRedirects, fetch, connectTimeoutMs } = checked;
    const connections = new NodeConnections(connectTimeoutMs);
    const endpoint = new Endpoint({
      dialect,
      settings,
      ...place,
      headers,
      maxRedirects,
      webSocket,
      open: (request) => (fetch ? new FetchExchange(fetch, request) : connections.open(request)),
    });
    const baseUrl = place.baseUrl.origin + place.baseUrl.pathname;
    const info = { model, provider: name ?? null, dialect: dialect.name, baseUrl };
    return RemoteModel.of(endpoint, info, retries, () => connections.close());
  });
}

function dialectOf(
  known: Readonly<Partial<Record<string, Dialect>>>,
  checked: CheckedConnection,
  provider: Provider | undefined,
): Dialect {
  const name = checked.dialect ?? provider?.dialect;
  if (name === undefined) {
    throw new TramontaneError('invalid-argument', 'say which provider serves the model, or which dialect it speaks', {
      field: 'provider',
    });
  }
  const dialect = known[name];
  if (!dialect) throw new TramontaneError('invalid-argument', `the dialect ${name} is not there yet`, { field: 'dialect' });
  if (checked.webSocket && !dialect.webSocketMessage) {
    const message = `${name} has no WebSocket; leave websocket out`;
    throw new TramontaneError('invalid-argument', message, { field: 'websocket' });
  }
  return dialect;
}

/** Where it is, and the key for it: that of the environment is for the provider's own place only. */
function placeOf(dialect: Dialect, checked: CheckedConnection, provider: Provider | undefined) {
  const usual = provider?.baseUrl ?? dialect.baseUrl;
  const baseUrl = checked.baseUrl ?? (usual === undefined ? undefined : new URL(usual));
  if (!baseUrl) {
    const message = `${dialect.name} is served in many places; say by baseUrl where this one is`;
    throw new TramontaneError('invalid-argument', message, { field: 'baseUrl' });
  }
  const keyVariables = provider?.keyVariables ?? dialect.keyVariables;
  const isUsual = usual === undefined || new URL(usual).origin === baseUrl.origin || new URL(usual).hostname === 'localhost';
  const variable = isUsual ? keyVariables.find((name) => process.env[name]) : undefined;
  const key = checked.apiKey ?? (variable === undefined ? undefined : process.env[variable]?.trim());
  return { baseUrl, key, keyVariables: isUsual ? keyVariables : [] };
}
