import { mkdtempSync, openAsBlob } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TEST_MODEL } from '../../../build/get-model.mjs';
import { ollama } from '../../../build/ollama.mjs';
import { testModel } from '../test-model.ts';
import { contextLength } from './real-server.ts';
import type { RealServer, Way } from './real-server.ts';
import { ServerProcess } from './server-process.ts';

const program = ollama();
const model = 'smollm2';

/** ChatML, with tools, and calls as bare JSON: what tells Ollama that the model can call, and what calls look like. */
const template = `{{ if .Tools }}<|im_start|>system
Tools: {{ range .Tools }}{{ . }}{{ end }}<|im_end|>
{{ end }}{{ range .Messages }}<|im_start|>{{ .Role }}
{{ if .ToolCalls }}{{ range .ToolCalls }}{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}{{ end }}{{ else }}{{ .Content }}{{ end }}<|im_end|>
{{ end }}<|im_start|>assistant
`;

async function start(command: string): Promise<ServerProcess> {
  const models = mkdtempSync(join(tmpdir(), 'tramontane-ollama-'));
  const server = await ServerProcess.start({
    command,
    args: ['serve'],
    env: {
      OLLAMA_HOST: '127.0.0.1:0',
      OLLAMA_MODELS: models,
      OLLAMA_CONTEXT_LENGTH: String(contextLength),
      OLLAMA_NUM_PARALLEL: '2',
      OLLAMA_NO_CLOUD: '1',
      // Where it writes a key of its own.
      HOME: models,
    },
    folder: models,
    listening: /Listening on (127\.0\.0\.1:\d+)/,
  });
  const digest = `sha256:${TEST_MODEL.sha256}`;
  await post(`${server.origin}/api/blobs/${digest}`, await openAsBlob(testModel()));
  // Several threads wait for each other in loops, which takes seconds a token where the processor is wanted elsewhere.
  const parameters = { stop: ['<|im_end|>'], num_thread: 1 };
  await post(`${server.origin}/api/create`, JSON.stringify({ model, files: { 'model.gguf': digest }, template, parameters, stream: false }));
  return server;
}

async function post(url: string, body: Blob | string): Promise<void> {
  const response = await fetch(url, { method: 'POST', body });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
}

/** The schema of a call, for a model that would hardly make one by itself. */
const format = {
  type: 'object',
  properties: {
    name: { const: 'weather' },
    arguments: { type: 'object', properties: { city: { enum: ['Genova'] } }, required: ['city'] },
  },
  required: ['name', 'arguments'],
};

/** A request is logged when it is over. */
const noticesLeaving = /POST +"\/(api|v1)\//;

const openAI: Way = {
  name: 'openai-chat',
  protocol: 'openai-chat',
  path: '/v1',
  connection: { dialect: 'openai-chat', model },
  noticesLeaving,
  has: {
    seeds: true,
    stopSequences: true,
    usage: true,
    lengths: true,
    schemas: true,
    tools: {
      providerOptions: { response_format: { type: 'json_schema', json_schema: { name: 'call', schema: format } } },
    },
    list: true,
    unknownModel: 'model-not-found',
  },
};

/** Ollama (docs.ollama.com), by its own protocol and by OpenAI's two. */
export const ollamaServer: RealServer = {
  name: 'Ollama',
  start: program === null ? undefined : () => start(program),
  ways: [
    {
      name: 'ollama',
      protocol: 'ollama',
      path: '',
      connection: { provider: 'ollama', model },
      noticesLeaving,
      has: {
        prompts: true,
        seeds: true,
        stopSequences: true,
        usage: true,
        lengths: true,
        schemas: true,
        tools: { providerOptions: { format } },
        embeddings: { width: 576 },
        list: true,
        unknownModel: 'model-not-found',
        contextOverflow: 'context-overflow',
      },
    },
    openAI,
    {
      name: 'openai-responses',
      protocol: 'openai-responses',
      path: '/v1',
      connection: { dialect: 'openai-responses', model },
      noticesLeaving,
      has: {
        usage: true,
        schemas: true,
        tools: { providerOptions: { text: { format: { type: 'json_schema', name: 'call', schema: format } } } },
        list: true,
        unknownModel: 'model-not-found',
      },
    },
  ],
};
