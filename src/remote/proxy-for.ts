import { TramontaneError } from '../spec/tramontane-error.ts';

/**
 * The proxy through which the environment has a URL asked: `https_proxy` or `http_proxy`, also in capitals, unless
 * `no_proxy` names its host. What is on this machine is never behind a proxy.
 *
 * @throws {TramontaneError} `invalid-argument` with the variable as `field`, where that is no http or https URL
 */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv): URL | undefined {
  const lower = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const field = [lower, lower.toUpperCase()].find((name) => env[name]);
  const value = field === undefined ? undefined : env[field];
  if (value === undefined || isNearby(url.hostname) || isExcepted(url, env['no_proxy'] || env['NO_PROXY'] || '')) return undefined;
  const proxy = URL.canParse(value) ? new URL(value) : undefined;
  if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') return proxy;
  // Not its value, which may have a password in it.
  throw new TramontaneError('invalid-argument', `${field} in the environment must be an http or https URL`, { field });
}

/** What a proxy wants to know of who asks; nothing where its URL names nobody. */
export function proxyAuthorization({ username, password }: URL): { 'proxy-authorization'?: string } {
  if (username === '') return {};
  const user = `${decoded(username)}:${decoded(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(user).toString('base64')}` };
}

/** As it is where its percent signs mean nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isNearby(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

/** Whether a host is in a list such as `example.org,.corp:8080`; a name stands for those below it too, `*` for all. */
function isExcepted({ hostname, port, protocol }: URL, list: string): boolean {
  const hostPort = port || (protocol === 'https:' ? '443' : '80');
  return list.split(/[\s,]+/).some((entry) => {
    const [, host = '', only] = /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    if (host === '' || (only !== undefined && only !== hostPort)) return false;
    return host === '*' || hostname === host || hostname.endsWith(`.${host}`);
  });
}
