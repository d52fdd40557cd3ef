import { llamaCppPython } from '../../../build/llama-cpp-python.mjs';
import { testModel } from '../test-model.ts';
import { contextLength } from './real-server.ts';
import type { RealServer } from './real-server.ts';
import { ServerProcess } from './server-process.ts';

/** Null where it is not installed. */
export const python = llamaCppPython();
const model = 'smollm2';
const apiKey = 'a-key-of-the-tests';
const connection = { provider: 'llama-cpp-python', model, apiKey };

/** Starts the server of llama-cpp-python, which answers one request after the other. */
export function startLlamaCppPython(...args: readonly string[]): Promise<ServerProcess> {
  if (python === null) throw new Error('llama-cpp-python is not installed');
  const settings = {
    model: testModel(),
    model_alias: model,
    api_key: apiKey,
    host: '127.0.0.1',
    port: 0,
    n_ctx: contextLength,
    // Several wait for each other in loops, which takes seconds a token where the processor is wanted elsewhere.
    n_threads: 1,
    n_threads_batch: 1,
  };
  return ServerProcess.start({
    command: python,
    args: ['-m', 'llama_cpp.server', ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]), ...args],
    env: { PYTHONUNBUFFERED: '1' },
    listening: /running on (http:\/\/127\.0\.0\.1:\d+)/,
  });
}

/** llama.cpp behind OpenAI's protocol (github.com/abetlen/llama-cpp-python). */
export const llamaCppPythonServer: RealServer = {
  name: 'llama-cpp-python',
  // By default a request ends the one before it.
  start: python === null ? undefined : () => startLlamaCppPython('--interrupt_requests', 'false'),
  ways: [
    {
      name: 'openai-chat',
      protocol: 'openai-chat',
      path: '/v1',
      connection,
      noticesLeaving: /Disconnected from client/,
      has: {
        prompts: true,
        seeds: true,
        stopSequences: true,
        lengths: true,
        exactTogether: true,
        schemas: true,
        tools: { toolChoice: 'named' },
        keys: true,
        list: true,
        // It finds out when it has already begun to answer, and closes the connection.
        contextOverflow: 'connection-failed',
      },
    },
  ],
};
