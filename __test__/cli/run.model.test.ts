import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cliPath, runCli } from '../support/cli/run-cli.ts';
import { typeAtCli, keys } from '../support/cli/type-at-cli.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { testModel } from '../support/test-model.ts';

const model = testModel();
const greedy = ['-m', model, '--temperature', '0'];
const colour = { type: 'object', properties: { colour: { enum: ['red', 'blue'] } }, required: ['colour'], additionalProperties: false };
const endless = ['run', '-m', model, '--raw', 'Once upon a time', '--min-p', '0.05'];

describe('tramontane run', () => {
  const folder = scratchFolder();

  it('prints the reply on standard output, and nothing else anywhere', async () => {
    const end = await runCli(['run', ...greedy, '-n', '8', 'Why is the sky blue?']);
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(end.stdout).toMatch(/^\w.*\n$/);
    expect(end.stdout).not.toContain('\u001b');
  });

  it('takes the prompt from a pipe, and what is piped behind a prompt', async () => {
    const piped = await runCli(['run', ...greedy, '-n', '8', '--json'], { stdin: 'Name a colour.\n' });
    const given = await runCli(['run', ...greedy, '-n', '8', '--json', 'Name a colour.']);
    const both = await runCli(['run', ...greedy, '-n', '8', '--json', 'Name a colour.'], { stdin: 'Be quick.\n' });
    const textOf = (stdout: string) => (JSON.parse(stdout) as { text: string }).text;
    const tokensOf = (stdout: string) => (JSON.parse(stdout) as { usage: { inputTokens: number } }).usage.inputTokens;
    expect(textOf(piped.stdout)).toBe(textOf(given.stdout));
    expect(tokensOf(piped.stdout)).toBe(tokensOf(given.stdout));
    expect(tokensOf(both.stdout)).toBeGreaterThan(tokensOf(given.stdout));
  });

  it('gives one JSON object with --json', async () => {
    const { code, stdout } = await runCli(['run', ...greedy, '-n', '5', '--json', 'Hi'], { env: { TRAMONTANE_MODEL: 'not-this-one' } });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ model, finishReason: 'length', usage: { outputTokens: 5 }, toolCalls: [] });
  });

  it('gives the parts as lines of JSON with --stream-json', async () => {
    const { stdout } = await runCli(['run', ...greedy, '-n', '5', '--stream-json', 'Hi']);
    const parts = stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as { type: string; delta?: string });
    expect(parts.at(-1)).toMatchObject({ type: 'finish', usage: { outputTokens: 5 } });
    const { stdout: text } = await runCli(['run', ...greedy, '-n', '5', 'Hi']);
    expect(parts.map(({ delta = '' }) => delta).join('')).toBe(text.slice(0, -1));
  });

  it('holds the reply to a schema from a file or the command line', async () => {
    const file = join(folder, 'schema.json');
    writeFileSync(file, JSON.stringify(colour));
    for (const option of [['--schema', file], ['--json-schema', JSON.stringify(colour)]]) {
      const { code, stdout } = await runCli(['run', ...greedy, ...option, '-n', '40', 'Which colour has the sky?']);
      expect(code).toBe(0);
      expect(['red', 'blue']).toContain((JSON.parse(stdout) as { colour: string }).colour);
    }
  });

  it('fails where the limit cuts what a schema promises', async () => {
    const end = await runCli(['run', ...greedy, '--json-schema', JSON.stringify(colour), '-n', '2', 'Which colour?']);
    expect(end.code).toBe(1);
    expect(end.stderr).toContain('give it more room by --max-tokens');
  });

  it('tells the figures with --stats, on standard error', async () => {
    const end = await runCli(['run', ...greedy, '-n', '8', '--stats', 'Hi']);
    expect(end.stderr).toMatch(/^\[8 tokens, prompt of \d+, first after .+ tokens\/s, length\]\n$/);
  });

  it('gives the same reply for the same seed', async () => {
    const seeded = ['run', '-m', model, '--seed', '7', '-n', '12', 'Tell me a story.'];
    expect((await runCli(seeded)).stdout).toBe((await runCli(seeded)).stdout);
  });

  it('names the option that the engine refuses', async () => {
    const end = await runCli(['run', '-m', model, '--top-p', '7', 'Hi']);
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toBe('tramontane: --top-p must be a number from 1e-9 to 1, not 7\n');
  });

  it('says in one line where a model is missing, and on standard output too with --json', async () => {
    const end = await runCli(['run', '-m', '/no/such.gguf', 'Hi']);
    expect(end).toMatchObject({ code: 1, stdout: '' });
    expect(end.stderr).toBe('tramontane: there is no file or folder /no/such.gguf; check the path\n');
    const long = await runCli(['run', '-m', model, '--json', '--context-length', '64', 'word '.repeat(200)]);
    expect(long.code).toBe(1);
    expect(JSON.parse(long.stdout)).toMatchObject({ text: '', error: { code: 'context-overflow' } });
  });

  it('ends cleanly where its reader goes away', async () => {
    const end = await runCli(endless, { onOutput: (_, child) => child.closeStdout() });
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  it('ends cleanly where the reader of its JSON lines goes away', async () => {
    const end = await runCli([...endless, '--stream-json'], { onOutput: (_, child) => child.closeStdout() });
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  it('stops the reply at SIGINT, keeps what there was, and ends with 130', async () => {
    let stopped = false;
    const end = await runCli([...endless, '--stats'], {
      onOutput: ({ stdout }, child) => {
        if (stopped || stdout.length < 20) return;
        stopped = true;
        child.signal('SIGINT');
      },
    });
    expect(end).toMatchObject({ code: 130, signal: null });
    expect(end.stdout.length).toBeGreaterThan(20);
    expect(end.stderr).toContain('aborted]');
  });

  it.skipIf(!existsSync('/dev/full'))('says in one line where its output cannot be written', () => {
    const command = `"${process.execPath}" "${cliPath}" run -m "${model}" -n 3 Hi > /dev/full`;
    const { status, stderr } = spawnSync('sh', ['-c', command], { input: '', encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^tramontane: the output cannot be written: ENOSPC.*\n$/);
  });

  it('stops at Ctrl-C while the model loads', async () => {
    const end = await typeAtCli(endless, [['loading', keys.ctrlC]]);
    expect(end).toMatchObject({ code: 130, missed: null });
  });

  it('shows how the model loads in a terminal, and stops at Ctrl-C there', async () => {
    const end = await typeAtCli(endless, [['loading', ''], ['\u001b[2K', ''], [' the ', keys.ctrlC]]);
    expect(end).toMatchObject({ code: 130, missed: null });
  });

  it('uses a remote engine by its URL, with the key from the environment', async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(`${request.url} ${request.headers.authorization}`);
      const chunk = (delta: object, reason: string | null = null) => `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`${chunk({ reasoning_content: 'Hm.' })}${chunk({ content: 'Mistral.' })}${chunk({}, 'stop')}data: [DONE]\n\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const remote = ['run', '--url', url, '-m', 'wind', '--api-key-env', 'WIND_KEY', 'Name a wind.'];
    const env = { WIND_KEY: 'secret' };
    try {
      expect(await runCli(remote, { env })).toMatchObject({ code: 0, stdout: 'Mistral.\n', stderr: '' });
      expect(await runCli([...remote, '--reasoning', 'show'], { env })).toMatchObject({ stdout: 'Hm.\n\nMistral.\n' });
      const typed = await typeAtCli(remote, [], env);
      expect(typed.output).toContain('\u001b[2mHm.\u001b[22m\r\n\r\nMistral.');
      expect(seen).toEqual(Array.from({ length: 3 }, () => '/v1/chat/completions Bearer secret'));
    } finally {
      server.close();
    }
  });
});
