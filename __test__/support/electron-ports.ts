import { EventEmitter } from 'node:events';

/** What Electron gives a listener of a port's `message`. */
export interface PortEvent {
  readonly data: unknown;
  readonly ports: ElectronPort[];
}

/**
 * A port that behaves as Electron's `MessagePortMain` is documented to: messages are copied, wait until `start()`, and
 * come as events with `data` and `ports`; closing one end closes the other.
 */
export class ElectronPort extends EventEmitter {
  other: ElectronPort | undefined;
  #started = false;
  #closed = false;
  #waiting: PortEvent[] = [];

  postMessage(data: unknown, ports: ElectronPort[] = []): void {
    const message = { data: structuredClone(data), ports };
    setImmediate(() => this.other?.arrive(message));
  }

  start(): void {
    this.#started = true;
    for (const message of this.#waiting.splice(0)) this.emit('message', message);
  }

  close(): void {
    setImmediate(() => {
      for (const end of [this, this.other]) end?.end();
    });
  }

  arrive(message: PortEvent): void {
    if (this.#closed) return;
    if (this.#started) this.emit('message', message);
    else this.#waiting.push(message);
  }

  end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.emit('close');
  }
}

/** As Electron's `MessageChannelMain`. */
export function electronChannel(): { readonly port1: ElectronPort; readonly port2: ElectronPort } {
  const [port1, port2] = [new ElectronPort(), new ElectronPort()];
  port1.other = port2;
  port2.other = port1;
  return { port1, port2 };
}

/** As a `UtilityProcess` and the `process.parentPort` inside of it. */
export function electronProcess() {
  const parentPort = new EventEmitter();
  const postMessage = (data: unknown, ports: ElectronPort[]) => void setImmediate(() => parentPort.emit('message', { data, ports }));
  return { parentPort, postMessage };
}
