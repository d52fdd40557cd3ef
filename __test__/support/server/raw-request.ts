import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** A connection that has sent a request as it stands; nothing is read from it until somebody does. */
export async function rawRequest(url: string, text: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.pause();
  socket.write(text);
  await new Promise((resolve) => void socket.once('connect', resolve));
  return socket;
}

/** A request with a JSON body, as it goes over the wire. */
export function jsonRequest(path: string, body: unknown): string {
  const json = JSON.stringify(body);
  return `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`;
}

/** All that a connection gives until it ends. */
export async function readSocket(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8');
  for await (const piece of socket) text += String(piece);
  return text;
}
