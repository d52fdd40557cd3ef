import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTinyEmbeddingModel } from '../models/tiny-embedding-model.ts';
import { testModel } from '../test-model.ts';
import { contextLength } from './real-server.ts';
import type { RealServer, Way } from './real-server.ts';
import { ServerProcess } from './server-process.ts';

const model = 'smollm2';
const embeddingModel = 'vectors';
const apiKey = 'a-key-of-the-tests';
const connection = { model, apiKey };
const dist = new URL('../../../dist/', import.meta.url);
const server = new URL('server/index.js', dist);

/** Serves the test model, and one for vectors, and prints how many of its streams run whenever that changes. */
const script = `
const { loadEmbeddingModel, loadModel } = await import(${JSON.stringify(new URL('index.js', dist).href)});
const { createServer } = await import(${JSON.stringify(server.href)});
const model = await loadModel(process.argv[1], { contextLength: ${contextLength} });
const vectors = await loadEmbeddingModel(process.argv[2]);
const server = createServer({ models: { ${model}: model, ${embeddingModel}: vectors }, apiKeys: ['${apiKey}'] });
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
  embeddings: { model: embeddingModel, width: 64 },
  unknownModel: 'model-not-found',
  contextOverflow: 'context-overflow',
} as const;
const noticesLeaving = /running 0/;

function start(): Promise<ServerProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'tramontane-server-'));
  const vectors = join(folder, embeddingModel);
  writeTinyEmbeddingModel(vectors);
  return ServerProcess.start({
    command: process.execPath,
    args: ['--input-type=module', '--eval', script, testModel(), vectors],
    folder,
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

const ollama: Way = {
  name: 'ollama',
  protocol: 'ollama',
  path: '',
  connection: { ...connection, provider: 'ollama' },
  noticesLeaving,
  // It has no word for a call that must be made, so that this is a field of ours.
  has: { ...has, tools: { providerOptions: { tool_choice: 'required' } }, prompts: true, seeds: true, stopSequences: true },
};

/** This package's own (src/server), as its users run it: `npm test` compiles src into dist first. */
export const ownServer: RealServer = { name: 'tramontane', start, ways: [chat, ...responses, ollama] };
