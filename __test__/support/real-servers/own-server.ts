import { testModel } from '../test-model.ts';
import { contextLength } from './real-server.ts';
import type { RealServer } from './real-server.ts';
import { ServerProcess } from './server-process.ts';

const model = 'smollm2';
const apiKey = 'a-key-of-the-tests';
const connection = { model, apiKey };
const dist = new URL('../../../dist/', import.meta.url);
const server = new URL('server/index.js', dist);

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

const has = { usage: true, lengths: true, schemas: true, keys: true, list: true, unknownModel: 'model-not-found' } as const;
const noticesLeaving = /running 0/;

/** This package's own (src/server), as its users run it: `npm test` compiles src into dist first. */
export const ownServer: RealServer = {
  name: 'tramontane',
  start: () =>
    ServerProcess.start({
      command: process.execPath,
      args: ['--input-type=module', '--eval', script, testModel()],
      listening: /listening on (http:\/\/127\.0\.0\.1:\d+)/,
    }),
  ways: [
    {
      name: 'openai-chat',
      protocol: 'openai-chat',
      path: '/v1',
      connection: { ...connection, dialect: 'openai-chat' },
      noticesLeaving,
      has: {
        ...has,
        prompts: true,
        seeds: true,
        stopSequences: true,
        exactTogether: true,
        tools: { toolChoice: 'required' },
        contextOverflow: 'context-overflow',
      },
    },
    ...(['openai-responses', 'openai-responses, through a WebSocket'] as const).map((name, index) => ({
      name,
      protocol: 'openai-responses' as const,
      path: '/v1',
      connection: { ...connection, dialect: 'openai-responses' as const, websocket: index === 1 },
      noticesLeaving,
      has: { ...has, exactTogether: true as const, tools: { toolChoice: 'required' as const }, contextOverflow: 'context-overflow' as const },
    })),
  ],
};
