import { checkHandlerOptions } from './check-handler-options.ts';
import { ServerHandler } from './server-handler.ts';
import type { HandlerOptions } from './server-options.ts';

/**
 * A server with OpenAI's HTTP API and Ollama's, without a socket of its own, to be put into any web framework.
 *
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault.
 * @example
 * const handler = createHandler({ models: { small: model } });
 * http.createServer(handler.nodeListener).listen(8080);
 */
export function createHandler(options: HandlerOptions): ServerHandler {
  return ServerHandler.of(checkHandlerOptions(options));
}
