import { inspect } from 'node:util';
import type { Failure } from '../spec/failure-part.ts';
import type { Dialect, DialectSettings, Spoken } from './dialect.ts';
import type { OpenExchange } from './exchange.ts';

/** What to call, and how. */
export interface EndpointOptions {
  readonly dialect: Dialect;
  readonly settings: DialectSettings;
  readonly baseUrl: URL;
  readonly key: string | undefined;
  /** Environment variables that may hold the key, to be named where there is none. */
  readonly keyVariables: readonly string[];
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly maxRedirects: number;
  readonly webSocket: boolean;
  readonly open: OpenExchange;
}

/** A text that is shorter is no secret, and would make errors unreadable where it is taken out of them. */
const shortestSecret = 6;

/** Places that do not have a protocol, by both; a program does not meet many. */
const lacking = new Set<string>();
const mostLacking = 1000;

/** Where a remote engine is, and what it is to be told besides requests. */
export class Endpoint {
  readonly options: EndpointOptions;
  readonly #secrets: readonly string[];

  constructor(options: EndpointOptions) {
    this.options = options;
    const { key = '', headers } = options;
    const values = Object.entries(headers).flatMap(([name, value]) => (isTelling(name) ? [value, value.replace(/^\w+ /, '')] : []));
    const secrets = [key, ...values].filter(({ length }) => length >= shortestSecret);
    // The longest first, in case one is in another.
    this.#secrets = secrets.toSorted((one, other) => other.length - one.length);
  }

  /** What is spoken there: the dialect that was asked for, or another, where it is known that the place lacks that one. */
  get spoken(): Spoken {
    const { dialect, settings } = this.options;
    const standIn = lacking.has(this.#place) ? dialect.standIn?.(404, '', settings) : undefined;
    return standIn ?? { dialect, settings };
  }

  /**
   * Whether another dialect is spoken from now on, because of this response to a request in `asked`. It is remembered for
   * all connections to the same place, and told by a warning.
   */
  lacks(asked: Dialect, status: number, body: string): boolean {
    const { dialect, settings, baseUrl, webSocket } = this.options;
    const standIn = webSocket || asked !== dialect ? undefined : dialect.standIn?.(status, body, settings);
    if (!standIn) return false;
    // Where several were asked at once, each finds out for itself.
    if (lacking.has(this.#place)) return true;
    if (lacking.size >= mostLacking) lacking.clear();
    lacking.add(this.#place);
    const message = `${baseUrl.origin}${baseUrl.pathname} does not have ${dialect.name}; it is asked by ${standIn.dialect.name} instead`;
    process.emitWarning(message, { code: 'TRAMONTANE_STAND_IN' });
    return true;
  }

  get #place(): string {
    const { dialect, baseUrl } = this.options;
    return `${dialect.name} ${baseUrl.origin}${baseUrl.pathname}`;
  }

  /** A path of the dialect, behind the base URL; a query of either is kept. */
  url(path: string): URL {
    const { baseUrl, webSocket } = this.options;
    const [pathname = '', query] = path.split('?', 2);
    const url = new URL(baseUrl);
    if (webSocket) url.protocol = baseUrl.protocol.replace('ws', 'http');
    url.pathname = `${baseUrl.pathname.replace(/\/$/, '')}/${pathname.replace(/^\//, '')}`;
    for (const [name, value] of new URLSearchParams(query)) url.searchParams.append(name, value);
    return url;
  }

  /** What goes to the engine's own origin only. */
  get privateHeaders(): Record<string, string> {
    const { key, headers } = this.options;
    return { ...lowerCased(this.spoken.dialect.headers(key)), ...headers };
  }

  /** The failure without any key in it: servers repeat what they were sent. */
  redacted(failure: Failure): Failure {
    const { cause, ...rest } = failure;
    let message = failure.message;
    for (const secret of this.#secrets) message = message.replaceAll(secret, '[key]');
    const tells = cause !== undefined && this.#secrets.some((secret) => inspect(cause, { depth: 8 }).includes(secret));
    return { ...rest, message, ...(cause !== undefined && !tells && { cause }) };
  }
}

function isTelling(name: string): boolean {
  return /auth|key|token|secret|cookie/.test(name);
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
