import { randomBytes } from 'node:crypto';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { ServerEvent } from './dialect.ts';
import { maxEventLength } from './framing.ts';
import type { Framing } from './framing.ts';

const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** How a connection may be closed without anything having gone wrong; 1005 stands for a close without a code. */
const calmCloses = new Set([1000, 1001, 1005]);

interface Frame {
  readonly final: boolean;
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/**
 * A client's side of RFC 6455 after the handshake, without extensions: each message is an event. Written out because
 * Node 20 has no WebSocket, and because that of later versions reads on however slow its reader is.
 */
export class WebSocketFraming implements Framing {
  readonly #reply: (bytes: Uint8Array) => void;
  #chunks: Uint8Array[] = [];
  #length = 0;
  /** Of a message that comes in several frames. */
  #fragments: Uint8Array[] | undefined;
  #fragmentsLength = 0;
  #ended = false;
  #failure: unknown;

  /** @param reply - sends what the protocol asks to be answered: a pong, a close */
  constructor(reply: (bytes: Uint8Array) => void) {
    this.#reply = reply;
  }

  get ended(): boolean {
    return this.#ended;
  }

  push(bytes: Uint8Array): ServerEvent[] {
    const events: ServerEvent[] = [];
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    try {
      while (!this.#ended) {
        const frame = this.#takeFrame();
        if (!frame) break;
        const message = this.#read(frame);
        if (message) events.push({ data: textOf(message) });
      }
    } catch (failure) {
      this.#ended = true;
      this.#failure = failure;
    }
    return events;
  }

  end(): ServerEvent[] {
    if (this.#failure !== undefined) throw this.#failure;
    return [];
  }

  /** The bytes of a whole message, where this frame completes one. */
  #read({ final, opcode, payload }: Frame): Uint8Array | undefined {
    switch (opcode) {
      case opcodes.ping:
        this.#reply(clientFrame(opcodes.pong, payload));
        return undefined;
      case opcodes.pong:
        return undefined;
      case opcodes.close:
        this.#close(payload);
        return undefined;
      case opcodes.continuation:
        if (!this.#fragments) throw broken('a message that goes on without having begun');
        break;
      case opcodes.text:
      case opcodes.binary:
        if (this.#fragments) throw broken('a message within another');
        this.#fragments = [];
        break;
      default:
        throw broken(`a frame of the unknown kind ${opcode}`);
    }
    this.#fragments.push(payload);
    this.#fragmentsLength += payload.length;
    if (this.#fragmentsLength > maxEventLength) throw tooLong();
    if (!final) return undefined;
    const message = this.#fragments.length === 1 ? payload : Buffer.concat(this.#fragments);
    this.#fragments = undefined;
    this.#fragmentsLength = 0;
    return message;
  }

  #close(payload: Uint8Array): void {
    this.#ended = true;
    this.#reply(clientFrame(opcodes.close, payload.subarray(0, 2)));
    const code = payload.length >= 2 ? Buffer.from(payload).readUInt16BE(0) : 1005;
    if (calmCloses.has(code)) return;
    const reason = new TextDecoder().decode(payload.subarray(2));
    throw new TramontaneError('connection-lost', `the server closed the connection with code ${code}${reason && `: ${reason}`}`);
  }

  /** The next frame, once all of it is there. */
  #takeFrame(): Frame | undefined {
    const head = this.#peek(10);
    const [first, second] = head;
    if (first === undefined || second === undefined) return undefined;
    if ((first & 0x70) !== 0) throw broken('a frame of an extension that was not agreed on');
    if ((second & 0x80) !== 0) throw broken('a masked frame');
    const opcode = first & 0x0f;
    const final = (first & 0x80) !== 0;
    const short = second & 0x7f;
    if (opcode >= opcodes.close && (!final || short > 125)) throw broken('a control frame that is long or in pieces');
    const headLength = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (head.length < headLength) return undefined;
    const length = short === 127 ? Number(head.readBigUInt64BE(2)) : short === 126 ? head.readUInt16BE(2) : short;
    if (length > maxEventLength) throw tooLong();
    if (this.#length < headLength + length) return undefined;
    return { final, opcode, payload: this.#take(headLength + length).subarray(headLength) };
  }

  #peek(count: number): Buffer {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for (const chunk of this.#chunks) {
      if (length >= count) break;
      pieces.push(chunk.subarray(0, count - length));
      length += Math.min(chunk.length, count - length);
    }
    return Buffer.concat(pieces);
  }

  #take(count: number): Uint8Array {
    const [first] = this.#chunks;
    const all = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
    const rest = all.subarray(count);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
    return all.subarray(0, count);
  }
}

/** A message as a client sends it: masked, in one frame. */
export function clientMessage(text: string): Uint8Array {
  return clientFrame(opcodes.text, Buffer.from(text));
}

/** How a client says that nothing follows. */
export function clientClose(): Uint8Array {
  return clientFrame(opcodes.close, Buffer.from([0x03, 0xe8]));
}

function clientFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const mask = randomBytes(4);
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 2 ** 16 ? 4 : 10);
  head[0] = 0x80 | opcode;
  if (head.length === 2) head[1] = 0x80 | length;
  else if (head.length === 4) {
    head[1] = 0x80 | 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 0x80 | 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  const masked = Buffer.from(payload);
  for (let index = 0; index < length; index += 1) masked[index] = (masked[index] ?? 0) ^ (mask[index % 4] ?? 0);
  return Buffer.concat([head, mask, masked]);
}

function textOf(message: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(message);
  } catch {
    throw broken('a message that is no text');
  }
}

function broken(what: string): TramontaneError {
  return new TramontaneError('remote-failed', `the server sent ${what} through its WebSocket`);
}

function tooLong(): TramontaneError {
  return new TramontaneError('remote-failed', `the server sent a message of more than ${maxEventLength} bytes`);
}
