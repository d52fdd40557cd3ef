import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { loopback } from './loopback.ts';
import type { Loopback } from './loopback.ts';
import { serverFrame } from './server-frame.ts';

/** The server's end of a WebSocket. */
export class ServerSocket {
  readonly socket: Duplex;
  /** Text of the client's first message. */
  readonly message: string;

  constructor(socket: Duplex, message: string) {
    this.socket = socket;
    this.message = message;
  }

  send(...events: readonly (object | string)[]): void {
    for (const event of events) {
      this.socket.write(serverFrame(1, Buffer.from(typeof event === 'string' ? event : JSON.stringify(event))));
    }
  }

  close(code = 1000, reason = ''): void {
    const head = Buffer.alloc(2);
    head.writeUInt16BE(code);
    this.socket.end(serverFrame(8, Buffer.concat([head, Buffer.from(reason)])));
  }
}

/** A server that makes each connection a WebSocket, unless `refuse` answers. */
export async function webSocketServer(
  serve: (socket: ServerSocket, request: IncomingMessage) => void,
  refuse: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => void response.writeHead(426).end(),
): Promise<Loopback> {
  const server = await loopback(refuse);
  server.server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    // A server's sockets stay half open by themselves.
    socket.on('error', () => {}).on('end', () => socket.end());
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    let bytes = Buffer.alloc(0);
    const listen = (more: Buffer) => {
      bytes = Buffer.concat([bytes, more]);
      const message = clientText(bytes);
      if (message === undefined) return;
      socket.off('data', listen).on('data', () => {});
      serve(new ServerSocket(socket, message), request);
    };
    socket.on('data', listen);
  });
  return server;
}

/** The text of a masked frame, once all of it is there. */
function clientText(bytes: Buffer): string | undefined {
  if (bytes.length < 8) return undefined;
  const short = (bytes[1] ?? 0) & 0x7f;
  const from = short === 127 ? 10 : short === 126 ? 4 : 2;
  const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
  if (bytes.length < from + 4 + length) return undefined;
  const mask = bytes.subarray(from, from + 4);
  const payload = bytes.subarray(from + 4, from + 4 + length);
  return Buffer.from(payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0))).toString();
}
