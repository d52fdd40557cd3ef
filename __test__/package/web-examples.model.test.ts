import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { testModel } from '../support/test-model.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const shared = new Set(['respond.mjs', 'try-it.mjs']);
const servers = readdirSync(`${root}/examples/web`).filter((name) => !shared.has(name));

describe.each(servers)('examples/web/%s', (name) => {
  it('streams an answer, frees what a client leaves, says when the queue is full or a request wrong, and ends', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [`examples/web/${name}`, testModel(), '--try'], { cwd: root });
    // The answer may have line breaks of its own.
    expect(stdout.replace(/^the answer: [^]+?\nleft/m, 'an answer\nleft').split('\n')).toEqual([
      expect.stringMatching(/^listening on http:/),
      'text/plain; charset=utf-8',
      'an answer',
      'left in the middle: 1 aborted, 0 live',
      "OpenAI's chunks end with data: [DONE]",
      expect.stringMatching(/^at once: 429, retry after \d+ s$/),
      'temperature -1: 400, temperature',
      '',
    ]);
  });
});
