import { describe, expect, it } from 'vitest';
import { createHandler, createServer } from '../../../src/server/index.ts';
import type { HandlerOptions } from '../../../src/server/index.ts';
import { errorOf } from '../../support/error-of.ts';
import { errorBody, get } from '../../support/server/ask.ts';
import { PlayedModel } from '../../support/server/played-model.ts';
import { serve } from '../../support/server/serve.ts';

const models = { small: new PlayedModel() };
const handlerWith = (options: Partial<HandlerOptions> = {}) => createHandler({ models, page: true, ...options });

/** The addresses on a page, and those that its scripts import, as paths. */
async function pathsFrom(handler: ReturnType<typeof createHandler>, path: string): Promise<string[]> {
  const html = await (await handler.fetch(get(path))).text();
  const named = Array.from(html.matchAll(/(?:src|href)="([^"#]+)"/g), ([, to]) => new URL(to ?? '', `http://localhost${path}`).pathname);
  const paths = new Set(named);
  for (const from of paths) {
    if (!from.endsWith('.js')) continue;
    const script = await (await handler.fetch(get(from))).text();
    for (const [, to] of script.matchAll(/from '([^']+)'/g)) paths.add(new URL(to ?? '', `http://localhost${from}`).pathname);
  }
  return [...paths];
}

describe('the page', () => {
  it('is there with a server of its own, and with a handler only where it is asked for', async () => {
    const { url } = await serve({ models });
    expect(await (await fetch(url)).text()).toContain('<!doctype html>');
    expect(await (await handlerWith().fetch(get('/'))).text()).toContain('<!doctype html>');
    // Without it, `/` only tells Ollama's clients that somebody is there.
    expect(await (await fetch((await serve({ models, page: false })).url)).text()).toBe('tramontane is running');
    expect(await (await createHandler({ models }).fetch(get('/'))).text()).toBe('tramontane is running');
    expect(await errorBody(await createHandler({ models }).fetch(get('/page/app.js')))).toMatchObject({ status: 404, code: 'unknown_url' });
  });

  it.each(['/', '/chat', '/tools/chat.v2'])('at %s finds all its files, with their types', async (page) => {
    const handler = handlerWith({ page });
    const paths = await pathsFrom(handler, page);
    expect(paths.length).toBeGreaterThan(10);
    for (const path of paths) {
      const response = await handler.fetch(get(path));
      expect([path, response.status]).toEqual([path, 200]);
      const type = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' }[path.split('.').at(-1) ?? ''];
      expect(response.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
    }
    const root = /data-root="([^"]*)"/.exec(await (await handler.fetch(get(page))).text())?.[1] ?? '';
    expect(new URL('v1/models', new URL(root, `http://localhost${page}`)).pathname).toBe('/v1/models');
  });

  it('may run its own files and nothing else, and be in no frame', async () => {
    for (const path of ['/', '/page/app.js']) {
      const { headers } = await handlerWith().fetch(get(path));
      const policy = headers.get('content-security-policy')?.split('; ');
      expect(policy).toEqual(expect.arrayContaining(["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]));
      expect(headers.get('content-security-policy')).not.toMatch(/unsafe|\*|https?:/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
    const html = await (await handlerWith().fetch(get('/'))).text();
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=|https?:/);
  });

  it('is sent once, and again only when it has changed', async () => {
    const first = await handlerWith().fetch(get('/'));
    const etag = first.headers.get('etag') ?? '';
    expect(first.headers.get('cache-control')).toBe('no-cache');
    for (const tag of [etag, `"other", W/${etag}`]) {
      const again = await handlerWith().fetch(get('/', { 'if-none-match': tag }));
      expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, '']);
    }
    expect((await handlerWith().fetch(get('/', { 'if-none-match': '"other"' }))).status).toBe(200);
    expect((await handlerWith({ page: '/chat' }).fetch(get('/chat'))).headers.get('etag')).not.toBe(etag);
  });

  it('answers HEAD on a server with the length alone', async () => {
    const { url } = await serve({ models });
    const whole = await (await fetch(url)).arrayBuffer();
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), (await head.arrayBuffer()).byteLength]).toEqual([200, String(whole.byteLength), 0]);
  });

  it('is shown without a key, and tells nothing that needs one', async () => {
    const handler = handlerWith({ apiKeys: ['secret'] });
    const html = await (await handler.fetch(get('/'))).text();
    expect(html).not.toMatch(/small|secret/);
    expect((await handler.fetch(get('/page/app.js'))).status).toBe(200);
    expect((await handler.fetch(get('/v1/models'))).status).toBe(401);
  });

  it('is refused by names that are not the server\'s', async () => {
    const handler = handlerWith({ allowedHosts: ['chat.example.org'] });
    expect(await errorBody(await handler.fetch(get('/')))).toMatchObject({ status: 403, code: 'host_not_allowed' });
  });

  it.each(['/page/', '/page/none.js', '/page/../../package.json', '/page/..%2f..%2fpackage.json', '/page/%2e%2e/page-html.ts', '/page/tsconfig.json', '/page/app.js/x', '/page/C:%5cx'])(
    'has no file %s',
    async (path) => {
      expect((await handlerWith().fetch(get(path))).status).toBe(404);
    },
  );

  it('takes GET only', async () => {
    const response = await handlerWith().fetch(new Request('http://localhost/', { method: 'POST' }));
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET']);
  });

  it('leads from a slash at its end to itself, wherever it is mounted', async () => {
    const response = await handlerWith({ page: '/a/chat' }).fetch(get('/a/chat/'));
    expect([response.status, response.headers.get('location')]).toEqual([308, '../chat']);
  });

  it.each(['', 'chat', '/chat/', '//host', '/v1', '/v1/page', '/health', '/metrics', '/a b', '/*', 7, null])('cannot be at %j', async (page) => {
    for (const make of [createHandler, createServer]) {
      expect(await errorOf(() => make({ models, page: page as string }))).toMatchObject({ code: 'invalid-argument', field: 'page' });
    }
  });
});
