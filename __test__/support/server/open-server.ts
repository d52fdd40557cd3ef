import OpenAI from 'openai';
import { createServer } from '../../../src/server/index.ts';
import type { Server, ServerOptions } from '../../../src/server/index.ts';
import { scriptedModel } from '../../../src/testing/index.ts';
import type { Script } from '../../../src/testing/index.ts';
import type { Model } from '../../../src/index.ts';

/** A server on this machine with one scripted model, and OpenAI's client of it. */
export interface OpenServer extends AsyncDisposable {
  readonly model: Model;
  readonly server: Server;
  /** Without a slash at its end. */
  readonly url: string;
  readonly client: OpenAI;
}

/** Serves a model that answers by a script, or by `replies` alone, as `test`. */
export async function openServer(script: Script | Script['replies'], options: Omit<ServerOptions, 'models'> = {}): Promise<OpenServer> {
  const model = await scriptedModel('replies' in script ? script : { replies: script });
  const server = createServer({ models: { test: model }, ...options });
  await server.listen();
  const url = (server.url ?? '').replace(/\/$/, '');
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: options.apiKeys?.[0] ?? 'none', maxRetries: 0 });
  return {
    model,
    server,
    url,
    client,
    async [Symbol.asyncDispose]() {
      await server.close();
      await model.close();
    },
  };
}
