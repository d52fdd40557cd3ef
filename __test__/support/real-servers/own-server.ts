import { existsSync } from 'node:fs';
import { testModel } from '../test-model.ts';
import { contextLength } from './real-server.ts';
import type { RealServer, Way } from './real-server.ts';
import { ServerProcess } from './server-process.ts';

const model = 'smollm2';
const apiKey = 'a-key-of-the-tests';
const connection = { model, apiKey };
const dist = new URL('../../../dist/', import.meta.url);
const server = new URL('server/index.js', dist);
const source = new URL('../../../src/server/', import.meta.url);
const isThere = (file: string) => existsSync(new URL(file, source));

/** Serves the test model, and prints how many of its streams run whenever that changes. */
const script = `
const { loadModel } = await import(${JSON.stringify(new URL('index.js', dist).href)});
const { createServer } = await import(${JSON.stringify(server.href)});
const model = await loadModel(process.argv[1], { contextLength: ${contextLength} });
const server = createServer({ models: { ${model}: model }, apiKeys: ['${apiKey}'] });
let told = 0;
setInterval(() => {
  const { liveSequences: running } = model.metrics();
  if (running !== told) console.log('running ' + running);
  told = running;
}, 10);
console.log('listening on ' + (await server.listen()));
`;

const has = {
  usage: true,
  lengths: true,
  schemas: true,
  tools: { toolChoice: 'required' },
  exactTogether: true,
  keys: true,
  list: true,
  unknownModel: 'model-not-found',
  contextOverflow: 'context-overflow',
} as const;
const noticesLeaving = /running 0/;

function start(): Promise<ServerProcess> {
  return ServerProcess.start({
    command: process.execPath,
    args: ['--input-type=module', '--eval', script, testModel()],
    listening: /listening on (http:\/\/127\.0\.0\.1:\d+)/,
  });
}

const chat: Way = {
  name: 'openai-chat',
  protocol: 'openai-chat',
  path: '/v1',
  connection: { ...connection, dialect: 'openai-chat' },
  noticesLeaving,
  has: { ...has, prompts: true, seeds: true, stopSequences: true },
};

const responses = [false, true].map((websocket): Way => ({
  name: websocket ? 'openai-responses through a WebSocket' : 'openai-responses',
  protocol: 'openai-responses',
  path: '/v1',
  connection: { ...connection, dialect: 'openai-responses', websocket },
  noticesLeaving,
  has,
}));

/** This package's own (src/server), as its users run it: `npm test` compiles src into dist first. */
export const ownServer: RealServer = {
  name: 'tramontane',
  start: isThere('index.ts') ? start : undefined,
  ways: isThere('responses/create-response.ts') ? [chat, ...responses] : [chat],
};
