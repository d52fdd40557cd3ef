import { checkAbortSignal, checkOptions, guardCheck } from '../request/check-value.ts';
import type { Failure } from '../spec/failure-part.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import { PortBackend, isForStreams } from './port-backend.ts';
import type { PortLike } from './port-like.ts';
import { PortLink } from './port-link.ts';
import { otherVersion, portVersion, readFailure } from './port-messages.ts';
import type { PortMessage, ReaderMessage, ServerMessage } from './port-messages.ts';
import { PortModel } from './port-model.ts';
import type { PortInfo } from './port-model.ts';

/** How to connect. */
export interface ConnectPortOptions {
  /** Gives up waiting for the other side: rejects with code `aborted`, and closes the port. No effect later. */
  readonly abortSignal?: AbortSignal | undefined;
}

const goneMessage = 'the other side of the port is gone: it was closed, or its window, worker or process has ended';

/**
 * Gives the model that {@link serveModel} serves at the other end of `port`, as soon as it does: until then this waits, and
 * so for the model to be loaded. Runs in Node, in workers and on web pages.
 *
 * @param port - Taken over: {@link PortModel.close} closes it, where it is no worker and no process. An idle connection
 *   does not keep Node running, a stream that goes on does.
 * @throws {TramontaneError} `invalid-argument` with the `field` at fault, `aborted`, `connection-failed` where the other
 *   side goes away before it has answered, `remote-failed` where it speaks another version of this; and what its load has
 *   failed with.
 * @example
 * const model = await connectPort(port);
 * for await (const delta of model.streamPrompt('Why is the sky blue?').textStream) show(delta);
 */
export async function connectPort(port: PortLike, options?: ConnectPortOptions): Promise<PortModel> {
  const abortSignal = guardCheck('options', () =>
    checkAbortSignal(checkOptions(options, 'options', ['abortSignal'])['abortSignal'], 'abortSignal'),
  );
  if (abortSignal?.aborted) throw aborted(abortSignal);
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      connection.close();
      reject(aborted(abortSignal));
    };
    const connection: PortConnection = new PortConnection(port, (outcome) => {
      abortSignal?.removeEventListener('abort', onAbort);
      if (outcome instanceof PortModel) resolve(outcome);
      else reject(new TramontaneError(outcome.code, outcome.message, outcome));
    });
    abortSignal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The reading end of a port, from its `hello` on. */
class PortConnection {
  readonly #link: PortLink;
  readonly #backend: PortBackend;
  /** Waits for what comes of the `hello`. */
  #settle: ((outcome: PortModel | Failure) => void) | undefined;

  constructor(port: PortLike, settle: (outcome: PortModel | Failure) => void) {
    this.#link = new PortLink(port, {
      received: (message) => this.#receive(message),
      gone: () => this.#gone(),
    });
    this.#settle = settle;
    this.#backend = new PortBackend({
      post: (message) => this.#post(message),
      setAwaited: (awaited) => this.#link.setAwaited(awaited),
    });
    this.#post({ tramontane: portVersion, type: 'hello' });
  }

  measure(): void {
    this.#post({ tramontane: portVersion, type: 'measure' });
  }

  close(): void {
    this.#link.close();
  }

  #post(message: ReaderMessage): void {
    this.#link.post(message);
  }

  #receive(received: PortMessage): void {
    // Nothing of it but its mark is known to be what it should be.
    const message = received as ServerMessage;
    if (message.type === 'refused') this.#refused(readFailure(message.error));
    else if (received.tramontane !== portVersion) this.#refused(otherVersion(received));
    else if (message.type === 'welcome') this.#welcome(message);
    else if (message.type === 'bye') this.#left();
    else if (isForStreams(message)) this.#backend.receive(message);
  }

  #welcome({ info, metrics }: Extract<ServerMessage, { type: 'welcome' }>): void {
    const settle = this.#settle;
    // A greeting that came unasked is followed by the answer to the `hello`.
    if (!settle || typeof (info as PortInfo | undefined)?.model !== 'string') return;
    this.#settle = undefined;
    this.#backend.receive({ tramontane: portVersion, type: 'metrics', metrics });
    this.#link.setAwaited(false);
    settle(PortModel.of(info, this.#backend, this));
  }

  #refused(failure: Failure): void {
    const settle = this.#settle;
    if (!settle) return;
    this.#settle = undefined;
    this.close();
    settle(failure);
  }

  #left(): void {
    this.#link.close();
    this.#gone();
  }

  #gone(): void {
    this.#backend.lose({ code: 'connection-lost', message: goneMessage });
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.({ code: 'connection-failed', message: goneMessage });
  }
}

function aborted(signal: AbortSignal | undefined): TramontaneError {
  return new TramontaneError('aborted', 'abortSignal was raised before the port had answered', { cause: signal?.reason });
}
