import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';

import type { HubFile } from './hub-file.ts';

/** How bodies are sent. */
export interface Sending {
  /** Bytes per chunk. */
  chunkBytes: number;
  /** Pause before each chunk, in milliseconds. */
  delayMsPerChunk: number;
  /** The connection is cut after so many bytes of a body. */
  failAfterBytes: number;
  /** How many bodies are cut; later ones are sent whole. */
  failTimes: number;
  /** Answers with the whole file and status 200, as some proxies do, whatever range was asked for. */
  ignoreRange: boolean;
}

/** Answers a GET or HEAD for a file, `Range: bytes=first-last` and `bytes=first-` included. */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { bytes }: HubFile,
  sending: Sending,
): Promise<void> {
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Content-Type', 'application/octet-stream');
  const asked = sending.ignoreRange ? null : /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  let [first, last] = [0, bytes.length - 1];
  if (asked) {
    first = Number(asked[1]);
    // A range may reach past the end; what there is of it is sent.
    last = Math.min(asked[2] === '' ? Infinity : Number(asked[2]), last);
    if (first > last) {
      response.writeHead(416, { 'Content-Range': `bytes */${bytes.length}` }).end();
      return;
    }
    response.setHeader('Content-Range', `bytes ${first}-${last}/${bytes.length}`);
  }
  response.writeHead(asked ? 206 : 200, { 'Content-Length': last - first + 1 });
  if (request.method === 'HEAD') response.end();
  else await sendBody(response, bytes.subarray(first, last + 1), sending);
}

async function sendBody(response: ServerResponse, body: Buffer, sending: Sending): Promise<void> {
  const cut = body.length > sending.failAfterBytes && sending.failTimes > 0;
  if (cut) sending.failTimes -= 1;
  const sent = cut ? body.subarray(0, sending.failAfterBytes) : body;
  await pipeline(Readable.from(inChunks(sent, sending)), response, { end: !cut });
  // The client gets every byte up to the cut, and then the end of the connection.
  if (cut) response.socket?.destroySoon();
}

async function* inChunks(body: Buffer, { chunkBytes, delayMsPerChunk }: Sending): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += chunkBytes) {
    const chunk = body.subarray(at, at + chunkBytes);
    yield delayMsPerChunk > 0 ? delay(delayMsPerChunk, chunk) : chunk;
  }
}
