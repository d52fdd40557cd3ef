import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { LanguageModel } from '../../src/index.ts';
import { connectPort, serveModel } from '../../src/port/index.ts';
import type { PortModel, PortService, ServeModelOptions } from '../../src/port/index.ts';
import type { FakeNativeModel } from './fake-native-model.ts';
import { openFakeModel } from './open-fake-model.ts';

/** Both ends of one connection. */
export interface PortPair {
  /** As the reading side has it. */
  readonly model: PortModel;
  readonly service: PortService;
  /** The end of the port that the reading side has. */
  readonly readerPort: MessagePort;
  readonly serverPort: MessagePort;
}

/** Serves a model over a port, and connects to it. */
export async function connectTo(served: LanguageModel, options?: ServeModelOptions): Promise<PortPair> {
  const { port1: serverPort, port2: readerPort } = new MessageChannel();
  const service = serveModel(serverPort, served, options);
  return { model: await connectPort(readerPort), service, readerPort, serverPort };
}

/** A fake model, and a connection to it. */
export async function connectToFake(
  options?: ServeModelOptions,
): Promise<PortPair & { readonly served: LanguageModel; readonly native: FakeNativeModel }> {
  const { model: served, native } = await openFakeModel();
  return { ...(await connectTo(served, options)), served, native };
}

/** Waits until `done()` holds, as messages need a few turns. Throws after `limitMs`. */
export async function until(done: () => boolean, limitMs = 5000): Promise<void> {
  const giveUpAt = performance.now() + limitMs;
  while (!done()) {
    if (performance.now() > giveUpAt) throw new Error(`it has not come to ${done.toString()}`);
    await new Promise((resolve) => void setTimeout(resolve, 1));
  }
}
