import type { Route } from './routes.ts';

/** The route of a path, and what its `*` stands for. */
export interface FoundRoute {
  readonly route: Route;
  readonly rest: string;
}

/** The first route that answers a path. */
export function findRoute(routes: readonly Route[], pathname: string): FoundRoute | undefined {
  const path = pathname.length > 1 && pathname.endsWith('/') ? pathname.slice(0, -1) : pathname;
  for (const route of routes) {
    if (route.path === path) return { route, rest: '' };
    const prefix = route.path.endsWith('*') ? route.path.slice(0, -1) : undefined;
    if (prefix !== undefined && path.length > prefix.length && path.startsWith(prefix)) {
      return { route, rest: decoded(path.slice(prefix.length)) };
    }
  }
  return undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
