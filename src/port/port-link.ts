import { wrongValue } from '../request/check-value.ts';
import { isOurs, portVersion } from './port-messages.ts';
import type { PortMessage } from './port-messages.ts';
import type { PortLike } from './port-like.ts';

type Listener = (event?: unknown) => void;

/** Whatever a port may have, under the names of all kinds. */
interface AnyPort {
  postMessage?(message: unknown): void;
  send?(message: unknown, callback: (error: Error | null) => void): unknown;
  on?(event: string, listener: Listener): unknown;
  off?(event: string, listener: Listener): unknown;
  addEventListener?(type: string, listener: Listener): void;
  removeEventListener?(type: string, listener: Listener): void;
  start?(): void;
  close?(): void;
  ref?(): void;
  unref?(): void;
  hasRef?(): boolean;
}

/** How a port says that nothing comes any more, or that something has got lost on its way. */
const endings = ['close', 'exit', 'disconnect', 'messageerror'];

/** Two ends at one port would take each other's messages. */
const used = new WeakSet<object>();

/** What a link tells its owner. */
export interface LinkOwner {
  /** A message with our mark; its content is not checked. */
  received(message: PortMessage): void;
  /** The other side is gone. Called once at most, and not after `close`. */
  gone(): void;
}

/** One end of a port, whatever its kind. Messages without our mark are others' and left to them. */
export class PortLink {
  readonly #port: AnyPort;
  readonly #owner: LinkOwner;
  readonly #onMessage = (event?: unknown) => this.#receive(event);
  readonly #onEnd = () => this.#gone();
  #open = true;

  /** Throws `invalid-argument` where `port` is none, or is used already. */
  constructor(port: PortLike, owner: LinkOwner) {
    this.#port = checkPort(port);
    this.#owner = owner;
    used.add(port);
    this.#listen('on', 'addEventListener');
    // Ports hold back what comes until they are started.
    this.#port.start?.();
    // One of Node's that was closed before says so no more, but in that listening to it keeps nothing alive.
    if (this.#port.start && this.#port.hasRef?.() === false) queueMicrotask(() => this.#gone());
  }

  get open(): boolean {
    return this.#open;
  }

  post(message: PortMessage): void {
    if (!this.#open) return;
    try {
      this.#send(message);
    } catch {
      // It was closed, or cannot carry this: then the other side would wait for what never comes.
      this.#gone();
    }
  }

  /**
   * Whether the process is to be kept alive for what comes. Workers and processes are left as they are: they are not
   * there for this link alone.
   */
  setAwaited(awaited: boolean): void {
    if (!this.#open || !this.#port.start) return;
    if (awaited) this.#port.ref?.();
    else this.#port.unref?.();
  }

  /** Says so, lets go of the port, and closes it where it can be closed by itself: not a worker, not a process. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      this.#send({ tramontane: portVersion, type: 'bye' });
    } catch {
      // Then there is nobody to be told.
    }
    this.#listen('off', 'removeEventListener');
    used.delete(this.#port);
    if (this.#port.start) this.#port.close?.();
  }

  #send(message: PortMessage): void {
    if (this.#port.postMessage) this.#port.postMessage(message);
    else this.#port.send?.(message, (error) => void (error && this.#gone()));
  }

  #gone(): void {
    if (!this.#open) return;
    this.close();
    this.#owner.gone();
  }

  #listen(node: 'on' | 'off', web: 'addEventListener' | 'removeEventListener'): void {
    const port = this.#port;
    const method = port[node] ? node : web;
    port[method]?.('message', this.#onMessage);
    for (const ending of endings) port[method]?.(ending, this.#onEnd);
  }

  #receive(event: unknown): void {
    // Node's ports give the message itself; those of the web and of Electron give an event that has it.
    const message = isOurs(event) ? event : (event as { readonly data?: unknown } | null | undefined)?.data;
    if (this.#open && isOurs(message)) this.#owner.received(message);
  }
}

function checkPort(port: PortLike): AnyPort {
  const any = port as Partial<Record<keyof AnyPort, unknown>> | null | undefined;
  const isFunction = (...names: (keyof AnyPort)[]) => names.every((name) => typeof any?.[name] === 'function');
  const sends = isFunction('postMessage') || isFunction('send');
  const listens = isFunction('on', 'off') || isFunction('addEventListener', 'removeEventListener');
  if (!sends || !listens) throw wrongValue('port', 'a message port, a worker, or a process with a channel', port);
  if (used.has(port)) throw wrongValue('port', 'one that is not connected or served already', port);
  return port as AnyPort;
}
