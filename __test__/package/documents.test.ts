import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const documents = ['', 'docs/', 'docs/guides/'].flatMap((folder) =>
  readdirSync(`${root}/${folder}`)
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}${name}`),
);

/** Made by a build, so not there in a fresh checkout. */
const generated = /^(dist|native|target|node_modules)(\/|$)/;

/**
 * The paths a document in `folder` names: the targets of its links, and code spans that begin with a folder of the checkout
 * or look like a file at its top. What holds a wildcard or a placeholder is not one path.
 */
function pathsIn(markdown: string, folder = ''): string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```/gm, '');
  const links = Array.from(prose.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g), ([, target]) => posix.join(folder, target ?? ''));
  const spans = Array.from(prose.matchAll(/`([^`\s]+)`/g), ([, span]) => span ?? '').filter(
    (span) =>
      folders.some(({ name }) => span.startsWith(`${name}/`)) || /^([\w.-]+\.(md|toml|lock|d\.ts|config\.ts)|package\.json|tsconfig[\w.]*\.json)$/.test(span),
  );
  return [...links, ...spans]
    .map((path) => path.replace(/^\.\//, '').replace(/:\d+$/, ''))
    .filter((path) => !/[*<>{}$…]/.test(path) && !generated.test(path));
}

it('finds links and code spans, and passes over what is no path', () => {
  const markdown = '[a](src/index.ts) [b](https://example.org/x) [c](#part) `src/spec/usage.ts:3` `src/**` `npm test`\n```\n`src/no.ts`\n```';
  expect(pathsIn(markdown)).toEqual(['src/index.ts', 'src/spec/usage.ts']);
  expect(pathsIn('[a](../x.md) [b](y.md)', 'docs/guides')).toEqual(['docs/x.md', 'docs/guides/y.md']);
});

it.each(documents)('%s names only paths that exist', (document) => {
  const missing = pathsIn(readFileSync(`${root}/${document}`, 'utf8'), posix.dirname(document)).filter((path) => !existsSync(`${root}/${path}`));
  expect(missing).toEqual([]);
});
