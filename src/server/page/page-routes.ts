import type { Endpoint } from '../endpoint.ts';
import { HttpError } from '../http-error.ts';
import type { Route } from '../routes.ts';
import { checkPageFiles, pageFile } from './page-files.ts';
import type { PageFile } from './page-files.ts';
import { pageHtml } from './page-html.ts';
import { pageFolder } from './page-path.ts';

/**
 * What the browser lets the page do: its own files, and the server that it came from. What a model writes can thus
 * neither run nor fetch anything, even if it were taken for markup, and no other page can put this one into a frame.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const pageHeaders = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Looked after each time: a newer version's files would not fit an older one's.
  'cache-control': 'no-cache',
};

/** The routes of the page at a path. It holds nothing of anybody, so it is shown without a key; its requests need one. */
export function pageRoutes(pagePath: string): readonly Route[] {
  const html = pageHtml(pagePath);
  const showPage: Endpoint = (_, request) => {
    const { pathname } = new URL(request.url);
    // Relative addresses on the page would lead elsewhere.
    if (pathname !== pagePath) return new Response(null, { status: 308, headers: { location: `..${pagePath.slice(pagePath.lastIndexOf('/'))}` } });
    // Without its scripts it would be there and do nothing.
    checkPageFiles();
    return fileResponse(request, html);
  };
  return [
    { path: pagePath, methods: { GET: showPage }, open: true },
    { path: `${pageFolder(pagePath)}/*`, methods: { GET: showFile }, open: true },
  ];
}

const showFile: Endpoint = ({ rest }, request) => {
  const file = pageFile(rest);
  if (!file) throw new HttpError(404, 'unknown_url', `the page has no file ${rest.slice(0, 100)}`);
  return fileResponse(request, file);
};

function fileResponse(request: Request, { type, bytes, etag }: PageFile): Response {
  const headers = { ...pageHeaders, etag };
  const known = request.headers.get('if-none-match')?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known?.includes(etag) || known?.includes('*')) return new Response(null, { status: 304, headers });
  return new Response(bytes, { headers: { ...headers, 'content-type': type, 'content-length': String(bytes.length) } });
}
