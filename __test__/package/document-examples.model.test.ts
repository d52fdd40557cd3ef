import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { writeTinyEmbeddingModel } from '../support/models/tiny-embedding-model.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { testModel } from '../support/test-model.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const guides = existsSync(`${root}/docs/guides`) ? readdirSync(`${root}/docs/guides`).filter((name) => name.endsWith('.md')) : [];
const documents = ['README.md', ...guides.toSorted().map((name) => `docs/guides/${name}`)];

/** Stands for an embedding model: the real architecture with random weights, so that no example can tell its numbers. */
const embeddingModel = `${scratchFolder()}/embedding-model`;
writeTinyEmbeddingModel(embeddingModel);

/** Each block of `js`. One that needs a newer Node than the package says so behind that word: ```js node>=22 */
function examplesOf(document: string) {
  const blocks = readFileSync(`${root}/${document}`, 'utf8').matchAll(/^```js(?: node>=(\d+))?\n([\s\S]*?)^```/gm);
  return Array.from(blocks, ([, minimumNode, code], index) => ({ number: index + 1, code: code ?? '', minimumNode: Number(minimumNode ?? 0) }));
}

describe.each(documents)('the examples of %s', (document) => {
  const examples = examplesOf(document);

  it('are found, with no word behind js that says nothing', () => {
    expect(examples.length).toBeGreaterThanOrEqual(document === 'README.md' ? 4 : 1);
    expect(readFileSync(`${root}/${document}`, 'utf8').match(/^```js\b.*$/gm)).toHaveLength(examples.length);
  });

  for (const { number, code, minimumNode } of examples) {
    it.skipIf(Number.parseInt(process.versions.node, 10) < minimumNode)(`number ${number} runs and prints what it says`, async () => {
      const source = code.replaceAll("'./model.gguf'", JSON.stringify(testModel())).replaceAll("'./embedding-model'", JSON.stringify(embeddingModel));
      // Evaluated in the checkout, where `tramontane` names the package itself.
      const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source], { cwd: root });
      expect(stdout.trim()).not.toBe('');
      for (const [, expected] of code.matchAll(/console\.log\(.*\); \/\/ (.+)$/gm)) expect(stdout).toContain(expected);
    });
  }
});
