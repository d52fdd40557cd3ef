import type { ServerOptions } from './server-options.ts';
import { checkServerOptions } from './check-server-options.ts';
import { Server } from './server.ts';

/**
 * A server with OpenAI's HTTP API and Ollama's, on `node:http`.
 *
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault.
 * @example
 * await using server = createServer({ models: { small: model } });
 * console.log(await server.listen({ port: 8080 })); // http://127.0.0.1:8080
 */
export function createServer(options: ServerOptions): Server {
  const { handler, server } = checkServerOptions(options);
  return Server.of(handler, server);
}
