#!/usr/bin/env node
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { BuildError } from '../build/build-error.mjs';
import { cacheDir } from '../build/cache-dir.mjs';
import { runScript } from '../build/run-script.mjs';
import { installPackage } from './install-package.mjs';
import { spreadOf } from './statistics.mjs';

const HELP = `Measures how fast chunks of a remote engine become parts: a local server pushes chat chunks as fast as it can.

  npm run bench:remote [-- OPTIONS]

  --chunks N    chunks of one answer (default: 100000)
  --rounds N    how often each is measured, in turns (default: 5)
  --install     first installs the other clients, into the cache folder
  --json        prints the figures as JSON
  --help        this text

"bytes" reads the answer and does nothing with it: what is left of the time is the client's. Compare figures of one run
with one another, and not with those of another run or machine.
`;

const OPENAI = '6.49.0';
const AI_SDK = '3.0.141';
const file = fileURLToPath(import.meta.url);
/** @param {string} name @param {string} version */
const homeOf = (name, version) => join(cacheDir(), 'bench', `${name.replace('/', '-')}-${version}`);
/** @param {string} name @param {string} version */
const entryOf = (name, version) => join(homeOf(name, version), 'entry.mjs');

/** @type {readonly { name: string, version: string }[]} */
const packages = [
  { name: 'openai', version: OPENAI },
  { name: '@ai-sdk/openai', version: AI_SDK },
];

/**
 * Each reads one answer to its end, and gives how many pieces of text there were.
 *
 * @type {Record<string, (url: string) => Promise<number>>}
 */
const readers = {
  async bytes(url) {
    const post = request(`${url}/chat/completions`, { method: 'POST' });
    post.end('{}');
    const [response] = await once(post, 'response');
    for await (const chunk of response) void chunk;
    return NaN;
  },
  async tramontane(url) {
    const { connect } = await import('tramontane');
    const model = connect({ dialect: 'openai-chat', model: 'bench', baseUrl: url, apiKey: 'none' });
    let count = 0;
    for await (const part of model.streamPrompt('Go on.')) if (part.type === 'text-delta') count += 1;
    await model.close();
    return count;
  },
  async openai(url) {
    const { OpenAI } = await import(pathToFileURL(entryOf('openai', OPENAI)).href);
    const client = new OpenAI({ baseURL: url, apiKey: 'none' });
    const messages = [{ role: 'user', content: 'Go on.' }];
    let count = 0;
    for await (const chunk of await client.chat.completions.create({ model: 'bench', stream: true, messages })) {
      if (chunk.choices[0]?.delta?.content) count += 1;
    }
    return count;
  },
  async '@ai-sdk/openai'(url) {
    const { createOpenAI } = await import(pathToFileURL(entryOf('@ai-sdk/openai', AI_SDK)).href);
    const model = createOpenAI({ baseURL: url, apiKey: 'none' }).chat('bench');
    const { stream } = await model.doStream({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'Go on.' }] }] });
    let count = 0;
    for await (const part of stream) if (part.type === 'text-delta') count += 1;
    return count;
  },
};

/** Pushes `chunks` pieces of text to whoever asks, a few dozen in each write. @param {number} chunks */
async function serve(chunks) {
  const head = '"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"bench"';
  /** @param {object} delta @param {string | null} finish */
  const event = (delta, finish) =>
    `data: {${head},"choices":[{"index":0,"delta":${JSON.stringify(delta)},"finish_reason":${JSON.stringify(finish)}}]}\n\n`;
  const batch = 64;
  const write = Buffer.from(event({ content: ' word' }, null).repeat(batch));
  const server = createServer(async (incoming, response) => {
    incoming.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(event({ role: 'assistant', content: '' }, null));
    for (let sent = 0; sent < chunks; sent += batch) if (!response.write(write)) await once(response, 'drain');
    response.end(`${event({}, 'stop')}data: [DONE]\n\n`);
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    process.send?.(typeof address === 'object' && address ? `http://127.0.0.1:${address.port}/v1` : '');
  });
}

/** Starts this file for one part of the work, and gives what it says first. @param {string[]} args */
async function start(args) {
  const child = fork(file, args, { stdio: 'inherit' });
  const said = await Promise.race([once(child, 'message').then(([message]) => message), once(child, 'exit').then(() => undefined)]);
  if (said === undefined) throw new BuildError(`${args.join(' ')} failed`);
  return { child, said };
}

await runScript(import.meta.url, async () => {
  const { values } = parseArgs({
    options: {
      chunks: { type: 'string', default: '100000' },
      rounds: { type: 'string', default: '5' },
      install: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      serve: { type: 'boolean' },
      read: { type: 'string' },
      url: { type: 'string' },
    },
  });
  const [chunks, rounds] = [Number(values.chunks), Number(values.rounds)];
  if (values.help) {
    process.stdout.write(HELP);
  } else if (values.serve) {
    await serve(chunks);
  } else if (values.read !== undefined) {
    const read = readers[values.read];
    const startedAt = performance.now();
    const cpu = process.cpuUsage();
    const count = await read?.(values.url ?? '');
    const { user, system } = process.cpuUsage(cpu);
    process.send?.({ count, ms: performance.now() - startedAt, cpuMs: (user + system) / 1000 });
  } else {
    if (!(chunks >= 64 && rounds >= 1)) throw new BuildError('--chunks takes a number of at least 64, --rounds one of at least 1');
    if (values.install) for (const contender of packages) await install(contender);
    await compare(chunks, rounds, values.json ?? false);
  }
});

/** @param {number} chunks @param {number} rounds @param {boolean} json */
async function compare(chunks, rounds, json) {
  const missing = new Set(packages.filter(({ name, version }) => !existsSync(entryOf(name, version))).map(({ name }) => name));
  const names = Object.keys(readers).filter((name) => !missing.has(name));
  const { child: server, said: url } = await start(['--serve', '--chunks', String(chunks)]);
  /** @type {Record<string, { ms: number[], cpuMs: number[] }>} */
  const figures = Object.fromEntries(names.map((name) => [name, { ms: [], cpuMs: [] }]));
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const name of names) {
        const { said } = await start(['--read', name, '--url', url]);
        if (!Number.isNaN(said.count) && said.count !== null && said.count < chunks) {
          throw new BuildError(`${name} gave ${said.count} of ${chunks} pieces`);
        }
        figures[name]?.ms.push(said.ms);
        figures[name]?.cpuMs.push(said.cpuMs);
      }
    }
  } finally {
    server.kill();
  }
  if (json) {
    process.stdout.write(`${JSON.stringify({ chunks, rounds, figures }, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${chunks} chunks, ${rounds} rounds, medians; process time includes starting the client\n`);
  for (const [name, { ms, cpuMs }] of Object.entries(figures)) {
    const { median } = spreadOf(ms);
    const rate = Math.round((chunks / median) * 1000).toLocaleString('en');
    process.stdout.write(
      `${name.padEnd(16)} ${median.toFixed(0).padStart(6)} ms ${spreadOf(cpuMs).median.toFixed(0).padStart(6)} ms of processor ${rate.padStart(10)} chunks/s\n`,
    );
  }
  if (missing.size > 0) process.stdout.write(`not installed: ${[...missing].join(', ')} (--install)\n`);
}

/** @param {{ name: string, version: string }} contender */
async function install({ name, version }) {
  const entry = entryOf(name, version);
  if (existsSync(entry)) return;
  await installPackage(`${name}@${version}`, homeOf(name, version));
  // Written last: it says that all is there, and finds the package from its own folder.
  writeFileSync(entry, `export * from '${name}';\n`);
}
