import type { WebSocket } from 'ws';

/**
 * Keeps a connection from being taken for dead by what lies between, and finds out when it is: it is ended where two
 * pings in a row were not answered. A reader that has not taken what was sent cannot answer; TCP finds out about that one.
 */
export class SocketPulse {
  readonly #timer: NodeJS.Timeout | undefined;

  /** @param everyMs - 0 for never */
  constructor(socket: WebSocket, everyMs: number) {
    if (everyMs === 0) return;
    let unanswered = 0;
    socket.on('pong', () => {
      unanswered = 0;
    });
    this.#timer = setInterval(() => {
      if (unanswered >= 2 && socket.bufferedAmount === 0) return socket.terminate();
      unanswered += 1;
      socket.ping();
    }, everyMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
