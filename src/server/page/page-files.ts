import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HttpError } from '../http-error.ts';
import { pageCss } from './page-css.ts';
import { pageIcon } from './page-icon.ts';

/** A file as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string;
}

/** The modules are JavaScript here and in `dist`: what the browser runs is what there is to read. */
const scripts = fileURLToPath(new URL('./browser', import.meta.url));
let files: ReadonlyMap<string, PageFile> | undefined;

/** A file of the page by its name. Throws as {@link checkPageFiles} does. */
export function pageFile(name: string): PageFile | undefined {
  return allFiles().get(name);
}

/**
 * Whether the page's files are there.
 *
 * @throws {HttpError} 500 where a bundler has left the scripts behind
 */
export function checkPageFiles(): void {
  allFiles();
}

function allFiles(): ReadonlyMap<string, PageFile> {
  files ??= new Map([
    ['page.css', textFile('text/css', pageCss)],
    ['icon.svg', textFile('image/svg+xml', pageIcon)],
    ...readScripts(),
  ]);
  return files;
}

/** Text with its type and the tag by which a browser asks whether it has changed. */
export function textFile(type: string, text: string): PageFile {
  const bytes = new TextEncoder().encode(text);
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { type: `${type}; charset=utf-8`, bytes, etag };
}

function readScripts(): [string, PageFile][] {
  try {
    const names = readdirSync(scripts).filter((name) => name.endsWith('.js'));
    return names.map((name) => [name, textFile('text/javascript', readFileSync(join(scripts, name), 'utf8'))]);
  } catch (cause) {
    const message = 'the files of the page are not beside the module; keep tramontane out of the bundle, or set page to false';
    throw new HttpError(500, 'page_unavailable', message, { cause });
  }
}
