import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** The names of all files below `folder`, `/` between folders. */
export function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'));
}
