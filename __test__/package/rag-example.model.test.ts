import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { writeTinyEmbeddingModel } from '../support/models/tiny-embedding-model.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { testModel } from '../support/test-model.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

// The vectors are those of random weights, so what is found says nothing; that all of it runs in one process does.
it('examples/remote/rag.mjs runs with both models in this process, and names only passages that it has', async () => {
  const embeddings = join(scratchFolder(), 'embeddings');
  writeTinyEmbeddingModel(embeddings);
  const text = '__test__/support/remote/winds.md';
  const args = ['examples/remote/rag.mjs', text, 'Where does the bora come from?', embeddings, testModel()];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  const [answer, ...sources] = stdout.trim().split(/\n(?=\[\d+\] )/);
  expect(answer).not.toBe('');
  for (const source of sources) expect(source).toMatch(/^\[[123]\] (# Winds|The bora|The sirocco)/);
});
