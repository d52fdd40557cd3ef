import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadEmbeddingModel } from '../../src/index.ts';
import { runCli } from '../support/cli/run-cli.ts';
import type { CliChild, CliEnd, CliOptions } from '../support/cli/run-cli.ts';
import { writeTinyEmbeddingModel } from '../support/models/tiny-embedding-model.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { testModel } from '../support/test-model.ts';

const folder = join(scratchFolder(), 'vectors');
writeTinyEmbeddingModel(folder);

async function vectorsOf(...texts: string[]) {
  await using model = await loadEmbeddingModel(folder);
  return (await model.embed(texts)).embeddings;
}

it('prints a line for each text', async () => {
  const end = await runCli(['embed', '-m', folder, 'a mild day', 'sunny']);
  expect(end).toMatchObject({ code: 0, stderr: '' });
  expect(end.stdout.trim().split('\n').map((line) => JSON.parse(line) as unknown)).toEqual(await vectorsOf('a mild day', 'sunny'));
});

it('takes the lines that are piped in, and gives one object with --json', async () => {
  const end = await runCli(['embed', '-m', folder, '--json'], { stdin: 'a mild day\n\nsunny\n' });
  const { model, embeddings, inputTokens } = JSON.parse(end.stdout) as { model: string; embeddings: unknown; inputTokens: number };
  expect(model).toBe(folder);
  expect(embeddings).toEqual(await vectorsOf('a mild day', 'sunny'));
  expect(inputTokens).toBeGreaterThan(2);
});

it('says what is missing', async () => {
  expect(await runCli(['embed', '-m', folder])).toMatchObject({ code: 2, stderr: expect.stringContaining('which texts?') });
  expect(await runCli(['embed', '-m', testModel(), 'Hi'])).toMatchObject({ code: 1, stderr: expect.stringContaining('embedding') });
});

it.each([{ options: [] }, { options: ['--lazy'] }])('"tramontane serve" serves it beside a model that writes, with $options', async ({ options }) => {
  const served = { vectors: [] as unknown[], chat: 0, remote: undefined as CliEnd | undefined };
  const end = await runCli(['serve', '--port', '0', '--json', ...options, `vectors=${folder}`, `small=${testModel()}`], {
    env: { TRAMONTANE_API_KEY: undefined },
    onOutput: once(async (stdout, child) => {
      const { url } = JSON.parse(stdout) as { url: string };
      const post = async (path: string, body: object) =>
        fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
      const { data } = (await (await post('/embeddings', { model: 'vectors', input: 'sunny' })).json()) as { data: [{ embedding: number[] }] };
      served.vectors = data[0].embedding;
      const messages = [{ role: 'user', content: 'Hi' }];
      served.chat = (await post('/chat/completions', { model: 'small', messages, max_tokens: 2 })).status;
      served.remote = await runCli(['embed', '--url', url, '-m', 'vectors', 'sunny']);
      child.signal('SIGTERM');
    }),
  });
  expect(end.code).toBe(0);
  expect(served.vectors).toEqual((await vectorsOf('sunny'))[0]);
  expect(served.chat).toBe(200);
  expect(JSON.parse(served.remote?.stdout ?? '')).toEqual(served.vectors);
});

/** Acts once, when there is a line. */
function once(act: (stdout: string, child: CliChild) => Promise<void>): NonNullable<CliOptions['onOutput']> {
  let acted = false;
  return ({ stdout }, child) => {
    if (acted || !stdout.includes('\n')) return;
    acted = true;
    void act(stdout, child);
  };
}
