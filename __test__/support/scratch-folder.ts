import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Makes an empty folder that is removed after the tests of the file, or the `describe`, that calls this. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tramontane-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
