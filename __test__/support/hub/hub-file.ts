import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/**
 * A file on the hub: its content, or the path of a file to serve. With `lfs` it is kept as the hub keeps large files: named
 * by its SHA-256 and served by the storage server, to which the hub redirects.
 */
export type HubFileSource =
  | string
  | Uint8Array
  | { readonly content: string | Uint8Array; readonly lfs?: boolean }
  | { readonly path: string; readonly lfs?: boolean };

/**
 * A file as the server holds it. `etag` is without quotes: the SHA-256 of a large file, else git's blob id. `blobId` is
 * git's id of what the repository itself holds, for a large file a pointer of `pointerSize` bytes.
 */
export interface HubFile {
  readonly bytes: Buffer;
  readonly lfs: boolean;
  readonly etag: string;
  readonly blobId: string;
  readonly pointerSize: number;
}

export function hubFile(source: HubFileSource): HubFile {
  const described = typeof source === 'string' || source instanceof Uint8Array ? { content: source } : source;
  const bytes = 'path' in described ? readFileSync(described.path) : Buffer.from(described.content as string);
  if (!(described.lfs ?? false)) {
    const blobId = gitBlobId(bytes);
    return { bytes, lfs: false, etag: blobId, blobId, pointerSize: 0 };
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${bytes.length}\n`;
  return { bytes, lfs: true, etag: sha256, blobId: gitBlobId(Buffer.from(pointer)), pointerSize: pointer.length };
}

function gitBlobId(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}
