import { once } from 'node:events';
import { WebSocket } from 'ws';

/** An event as it came. */
export interface ResponseEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A WebSocket by which responses are asked for and their events awaited. */
export class ResponsesConnection implements AsyncDisposable {
  readonly socket: WebSocket;
  readonly events: ResponseEvent[] = [];
  #wake = () => {};

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => {
      this.events.push(JSON.parse(data.toString()) as ResponseEvent);
      this.#wake();
    });
  }

  /** @param url - of the server, without a slash at its end */
  static async open(url: string, headers: Record<string, string> = {}): Promise<ResponsesConnection> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/responses`, { headers });
    const connection = new ResponsesConnection(socket);
    await once(socket, 'open');
    return connection;
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  create(body: object): void {
    this.send({ type: 'response.create', model: 'test', ...body });
  }

  /** The events up to one of this type, and takes them away. */
  async until(type: string | RegExp): Promise<ResponseEvent[]> {
    for (;;) {
      const at = this.events.findIndex((event) => (typeof type === 'string' ? event.type === type : type.test(event.type)));
      if (at >= 0) return this.events.splice(0, at + 1);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate();
  }
}
