import { createHash, timingSafeEqual } from 'node:crypto';
import type { HandlerSettings } from './check-handler-options.ts';
import { HttpError } from './http-error.ts';


/**
 * Refuses names that are not this server's.
 *
 * @throws {HttpError} 403
 */
export function checkHost({ allowedHosts }: HandlerSettings, hostname: string): void {
  if (!allowedHosts || allowedHosts.some((allowed) => isHost(hostname, allowed))) return;
  const message = `this server does not answer to the name ${hostname.slice(0, 100)}; name it in allowedHosts`;
  throw new HttpError(403, 'host_not_allowed', message);
}

/** The names of the machine itself, for a server that only programs on it are to reach. */
export const loopbackHosts = ['localhost', '.localhost', '127.0.0.1', '[::1]'] as const;

function isHost(hostname: string, allowed: string): boolean {
  return allowed.startsWith('.') ? hostname.endsWith(allowed) : hostname === allowed;
}

/**
 * Refuses requests without one of the keys. All keys are compared, by their hashes and in constant time, so that how long
 * it takes tells nothing of them.
 *
 * @throws {HttpError} 401
 */
export function checkKey({ apiKeys }: HandlerSettings, authorization: string | null): void {
  if (apiKeys.length === 0) return;
  const given = hash(/^Bearer +(.*)$/i.exec(authorization ?? '')?.[1] ?? '');
  const matches = apiKeys.map((key) => timingSafeEqual(hash(key), given));
  if (matches.includes(true)) return;
  const message = authorization === null ? 'send a key, as the header authorization: Bearer KEY' : 'the key is not one of this server';
  throw new HttpError(401, 'invalid_api_key', message, { headers: { 'www-authenticate': 'Bearer' } });
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
