import { checkFilledText, checkInteger, checkOptions, guardCheck, largestCount } from '../request/check-value.ts';
import { loopbackHosts } from './access.ts';
import { checkHandlerOptions, handlerOptionNames } from './check-handler-options.ts';
import type { HandlerSettings } from './check-handler-options.ts';
import type { CloseOptions, HandlerOptions, ListenOptions, ServerOptions } from './server-options.ts';

/** What a server of its own has besides its handler, with defaults. */
export interface ServerSettings {
  readonly maxConnections: number | undefined;
  readonly maxHeaderBytes: number;
  readonly headerTimeoutMs: number;
  readonly receiveTimeoutMs: number;
}

const longestMs = 2 ** 31 - 1;
/** How long the end of an answer may take to leave after the deadline of closing. */
export const lastBytesMs = 250;

const serverOptionNames = Object.keys({
  maxConnections: true,
  maxHeaderBytes: true,
  headerTimeoutMs: true,
  receiveTimeoutMs: true,
} satisfies Record<Exclude<keyof ServerOptions, keyof HandlerOptions>, true>);

/** Checks a server's options. Throws `invalid-argument`. */
export function checkServerOptions(options: ServerOptions): { readonly handler: HandlerSettings; readonly server: ServerSettings } {
  const handler = checkHandlerOptions(options, [...handlerOptionNames, ...serverOptionNames]);
  const server = guardCheck('options', () => ({
    maxConnections: checkInteger(options.maxConnections, 'maxConnections', { min: 1, max: largestCount }),
    maxHeaderBytes: checkInteger(options.maxHeaderBytes, 'maxHeaderBytes', { min: 1024, max: 2 ** 20 }) ?? 16_384,
    headerTimeoutMs: checkInteger(options.headerTimeoutMs, 'headerTimeoutMs', { min: 1, max: longestMs }) ?? 30_000,
    receiveTimeoutMs: checkInteger(options.receiveTimeoutMs, 'receiveTimeoutMs', { min: 1, max: longestMs }) ?? 120_000,
  }));
  // Who mounts a handler has pages of their own; a server of its own has nothing else to show.
  return { handler: { ...handler, page: options.page === undefined ? '/' : handler.page }, server };
}

/** Checks where to listen. Throws `invalid-argument`. */
export function checkListenOptions(options: ListenOptions | undefined): { readonly port: number; readonly host: string } {
  return guardCheck('options', () => {
    const { port, host } = checkOptions(options, 'options', ['port', 'host']);
    return { port: checkInteger(port, 'port', { min: 0, max: 65_535 }) ?? 0, host: checkFilledText(host, 'host') ?? '127.0.0.1' };
  });
}

/** Checks how to close. Throws `invalid-argument`. */
export function checkCloseOptions(options: CloseOptions | undefined): { readonly deadlineMs: number } {
  return guardCheck('options', () => {
    const { deadlineMs } = checkOptions(options, 'options', ['deadlineMs']);
    return { deadlineMs: checkInteger(deadlineMs, 'deadlineMs', { min: 0, max: longestMs - lastBytesMs }) ?? 0 };
  });
}

/** Whether only programs on this machine reach an address. */
export function isLoopback(host: string): boolean {
  return host === '::1' || host === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** The names that a server on loopback answers to, unless its keys keep web pages out. */
export function hostsOnLoopback({ allowedHosts, apiKeys }: HandlerSettings, host: string): readonly string[] | undefined {
  return allowedHosts ?? (isLoopback(host) && apiKeys.length === 0 ? [...loopbackHosts, host] : undefined);
}
