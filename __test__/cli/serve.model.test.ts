import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli/run-cli.ts';
import type { CliChild, CliEnd } from '../support/cli/run-cli.ts';
import { keys, typeAtCli } from '../support/cli/type-at-cli.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { testModel } from '../support/test-model.ts';

const model = testModel();
const noKey = { TRAMONTANE_API_KEY: undefined };

/** Serves on a free port, has `use` look at it once it listens, and ends it by `signal`, unless `use` has. `said` waits for a text on standard error. */
async function serving(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  use: (url: string, child: CliChild, said: (text: string) => Promise<void>) => Promise<void>,
  signal: NodeJS.Signals | null = 'SIGTERM',
): Promise<CliEnd & { failure?: unknown }> {
  let used: Promise<void> | undefined;
  let wake = () => {};
  let log = '';
  const said = async (text: string) => {
    while (!log.includes(text)) await new Promise<void>((resolve) => (wake = resolve));
  };
  let failure: unknown;
  const end = await runCli(['serve', '--port', '0', '--json', ...args], {
    env: { ...noKey, ...env },
    onOutput({ stdout, stderr }, child) {
      log = stderr;
      wake();
      if (used || !stdout.includes('\n')) return;
      const { url } = JSON.parse(stdout) as { url: string };
      used = use(url, child, said)
        .catch((error: unknown) => (failure = error))
        .then(() => void (signal && child.signal(signal)));
    },
  });
  await used;
  return { ...end, ...(failure === undefined ? {} : { failure }) };
}

/** Asks for a streamed answer, which has begun once this resolves. */
async function ask(url: string, maxTokens: number): Promise<Response> {
  const messages = [{ role: 'user', content: 'Tell a very long story of the sea.' }];
  return fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ stream: true, messages, temperature: 0, max_tokens: maxTokens, frequency_penalty: 1 }),
  });
}

describe('tramontane serve', () => {
  const folder = scratchFolder();

  it.each(['SIGTERM', 'SIGINT'] as const)('lists its models, and ends by %s', async (signal) => {
    let ids: string[] = [];
    const end = await serving(
      [`small=${model}`, model],
      {},
      async (url) => {
        const { data } = (await (await fetch(`${url}/models`)).json()) as { data: { id: string }[] };
        ids = data.map(({ id }) => id);
      },
      signal,
    );
    expect(end).toMatchObject({ code: 0, signal: null });
    expect(end).not.toHaveProperty('failure');
    expect(ids).toEqual(['small', 'SmolLM2-135M-Instruct.Q4_1']);
  });

  it('asks for a key of the environment or of a file', async () => {
    const file = join(folder, 'keys');
    writeFileSync(file, '# ours\nfirst\n\nsecond\n');
    const statuses: number[] = [];
    const end = await serving([model, '--lazy', '--api-key-file', file], { TRAMONTANE_API_KEY: 'third' }, async (url) => {
      for (const key of ['none', 'first', 'second', 'third']) {
        statuses.push((await fetch(`${url}/models`, { headers: { authorization: `Bearer ${key}` } })).status);
      }
    });
    expect(end.code).toBe(0);
    expect(statuses).toEqual([401, 200, 200, 200]);
  });

  it('lets the web pages in that --cors names', async () => {
    const allowed: (string | null)[] = [];
    await serving([model, '--lazy', '--cors', 'https://chat.example.org'], {}, async (url) => {
      for (const origin of ['https://chat.example.org', 'https://other.example.org']) {
        const response = await fetch(`${url}/models`, { headers: { origin } });
        allowed.push(response.headers.get('access-control-allow-origin'));
      }
    });
    expect(allowed).toEqual(['https://chat.example.org', null]);
  });

  it.each([
    [[], '<!doctype html>', 200],
    [['--no-page'], 'tramontane is running', 404],
  ])('shows a page to chat on, with all its files, unless %j', async (options, text, ofScript) => {
    let page: string | undefined;
    let script: number | undefined;
    await serving([model, '--lazy', ...options], {}, async (url) => {
      page = await (await fetch(new URL('/', url))).text();
      script = (await fetch(new URL('/page/app.js', url))).status;
    });
    expect(page).toContain(text);
    expect(script).toBe(ofScript);
  });

  it('loads a model when it is asked for, and answers "tramontane run --url"', async () => {
    let answer: CliEnd | undefined;
    const end = await serving([`small=${model}`, '--idle-unload', '1h'], {}, async (url) => {
      answer = await runCli(['run', '--url', url, '-m', 'small', '-n', '6', '--temperature', '0', '--json', 'Hi']);
    });
    expect(end.code).toBe(0);
    expect(end.stderr).toMatch(/^loading small\nsmall was loaded in .*\nending/);
    expect(answer?.code).toBe(0);
    expect(JSON.parse(answer?.stdout ?? '')).toMatchObject({ model: 'small', usage: { outputTokens: 6 } });
  });

  it('serves a model of an engine elsewhere by --url, with its key', async () => {
    let body = '';
    const end = await serving([`small=${model}`], { TRAMONTANE_API_KEY: 'theirs' }, async (url) => {
      await serving(['near=small', '--url', url, '--remote-key-env', 'THEIR_KEY'], { THEIR_KEY: 'theirs' }, async (near) => {
        body = await (await ask(near, 3)).text();
      });
    });
    expect(end).toMatchObject({ code: 0 });
    expect(body).toMatch(/"model":"near"[\s\S]*data: \[DONE\]\n\n$/);
  });

  it('lets a running answer end after the first SIGTERM', async () => {
    let body = '';
    const use = async (url: string, child: CliChild) => {
      const response = await ask(url, 40);
      child.signal('SIGTERM');
      body = await response.text();
    };
    const end = await serving([model], {}, use, null);
    expect(end).toMatchObject({ code: 0, signal: null });
    expect(body).toMatch(/"finish_reason":"(length|stop)"[\s\S]*data: \[DONE\]\n\n$/);
  });

  it('ends at once by the second signal', async () => {
    let endings = 0;
    const end = await serving([model, '--grace', '1h'], {}, async (url, child, said) => {
      const response = await ask(url, 5000);
      child.signal('SIGTERM');
      // The answer goes on meanwhile; the second signal comes where this ends.
      void response.text().catch(() => (endings += 1));
      await said('ending');
    });
    expect(end).toMatchObject({ code: 130, signal: null });
    expect(endings).toBe(1);
  });

  it('prints where it is in a terminal, and ends by Ctrl-C', async () => {
    const end = await typeAtCli(['serve', model, '--lazy', '--port', '0'], [['/v1', keys.ctrlC], ['ending', '']], noKey);
    expect(end).toMatchObject({ code: 0, missed: null });
    expect(end.output).toMatch(/serving SmolLM2-135M-Instruct\.Q4_1 at .*http:\/\/127\.0\.0\.1:\d+\/v1/);
  });

  it('notices that the port is taken before it loads anything', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const end = await runCli(['serve', '/no/such.gguf', '--port', String(port)], { env: noKey });
    server.close();
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toMatch(/^tramontane: --?port \d+ of 127\.0\.0\.1 cannot be had: .*EADDRINUSE.*\n$/);
  });

  it.each([
    [['serve'], {}, 2, 'which model?'],
    [['serve', 'a=x.gguf', 'a=y.gguf'], {}, 2, 'two models go by the name a'],
    [['serve', '/no/such.gguf'], {}, 1, 'there is no file or folder /no/such.gguf'],
    [['serve', 'x.gguf', '--lazy', '--port', '70000'], {}, 2, '--port must be an integer from 0 to 65535'],
    [['serve', 'x.gguf', '--api-key', 'secret'], {}, 2, 'unknown option --api-key; did you mean --api-key-file?'],
    [['serve', 'x.gguf', '--api-key-file', '/dev/null'], {}, 1, '/dev/null holds no key'],
    [['serve', 'x.gguf'], { TRAMONTANE_API_KEY: '' }, 2, 'TRAMONTANE_API_KEY is set and empty'],
  ])('%j ends with an error in one line', async (args, env, code, message) => {
    const end = await runCli(args, { env: { ...noKey, ...env } });
    expect(end).toMatchObject({ code, stdout: '' });
    expect(end.stderr).toContain(`tramontane: ${message}`);
    expect(end.stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
