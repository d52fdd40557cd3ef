import { checkFilledText, wrongValue } from '../../request/check-value.ts';

/** Where the API answers, so that no page can be there. */
const taken = /^\/(v1|health|metrics)(\/|$)/;
const path = /^\/$|^(\/[\w.~-]+)+$/;

/** Where the page is to be, as a path without a slash at its end; nothing where there is to be none. Throws `invalid-argument`. */
export function checkPagePath(value: unknown): string | undefined {
  if (value === undefined || value === false) return undefined;
  if (value === true) return '/';
  const expected = 'true, false or a path such as /chat, outside of /v1, /health and /metrics';
  if (typeof value !== 'string') throw wrongValue('page', expected, value);
  const text = checkFilledText(value, 'page') ?? '';
  if (!path.test(text) || taken.test(text)) throw wrongValue('page', expected, value);
  return text;
}

/** The folder of the page's files, without a slash at its end. */
export function pageFolder(pagePath: string): string {
  return pagePath === '/' ? '/page' : pagePath;
}
