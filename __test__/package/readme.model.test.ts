import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { testModel } from '../support/test-model.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(`${root}/README.md`, 'utf8');
const examples = Array.from(readme.matchAll(/^```js\n([\s\S]*?)^```/gm), ([, code]) => code ?? '');

describe('the examples of the README', () => {
  it('are found', () => {
    expect(examples.length).toBeGreaterThanOrEqual(4);
  });

  it.each(examples.map((code, index) => [index + 1, code] as const))('number %i runs and prints something', async (_, code) => {
    const source = code.replaceAll("'./model.gguf'", JSON.stringify(testModel()));
    // Evaluated in the checkout, where `tramontane` names the package itself.
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source], { cwd: root });
    expect(stdout.trim()).not.toBe('');
    for (const [, expected] of code.matchAll(/console\.log\(.*\); \/\/ (.+)$/gm)) expect(stdout).toContain(expected);
  });
});
