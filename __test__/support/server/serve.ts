import { onTestFinished } from 'vitest';
import { createServer } from '../../../src/server/index.ts';
import type { Server, ServerOptions } from '../../../src/server/index.ts';

/** A server on a free port of this machine, for the time of one test. */
export async function serve(options: ServerOptions): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(options);
  onTestFinished(() => server.close());
  return { url: await server.listen(), server };
}
