import type { RawData, WebSocket } from 'ws';
import type { RequestContext } from '../request-context.ts';
import { HttpError } from '../http-error.ts';
import type { ResponseRun } from './response-run.ts';
import type { ResponseStore } from './response-store.ts';
import { responsesRequest } from './responses-request.ts';
import { SocketPulse } from './socket-pulse.ts';

/** How many requests may wait behind the one that is answered. */
const maxWaiting = 16;

/** From how many bytes on that its reader has not taken yet a response waits for them. */
const highWaterBytes = 64 * 1024;

type Fields = Readonly<Record<string, unknown>>;

/** A connection by which responses are asked for one after another. */
export class SocketSession {
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #context: RequestContext;
  readonly #local: ResponseStore;
  readonly #waiting: string[] = [];
  #answering = false;
  #leaving = false;
  #run: ResponseRun | undefined;

  constructor(socket: WebSocket, { context, local }: { readonly context: RequestContext; readonly local: ResponseStore }) {
    this.#socket = socket;
    this.#context = context;
    this.#local = local;
    const pulse = new SocketPulse(socket, context.settings.keepAliveMs);
    socket.on('message', (data, isBinary) => this.#take(data, isBinary));
    // A message that is too large, or breaks the protocol: ws closes the connection by itself.
    socket.on('error', () => undefined);
    const leave = () => this.#leave();
    context.signal.addEventListener('abort', leave, { once: true });
    context.closing.addEventListener('abort', leave, { once: true });
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        context.signal.removeEventListener('abort', leave);
        context.closing.removeEventListener('abort', leave);
        pulse.stop();
        this.#waiting.length = 0;
        void this.#run?.cancel();
        resolve();
      });
    });
    if (context.signal.aborted || context.closing.aborted) leave();
  }

  #take(data: RawData, isBinary: boolean): void {
    if (isBinary) return this.#refuse(new HttpError(400, 'invalid_json', 'a message must be text, and JSON'));
    if (this.#leaving) return this.#refuse(new HttpError(503, 'server_closing', 'this connection is being closed; open another'));
    if (this.#waiting.length >= maxWaiting) {
      return this.#refuse(new HttpError(429, 'too_many_requests', `${maxWaiting} requests wait already on this connection; wait for their answers`));
    }
    // ws gives text as one buffer, unless it is told otherwise.
    this.#waiting.push((data as Buffer).toString());
    void this.#answerAll();
  }

  async #answerAll(): Promise<void> {
    if (this.#answering) return;
    this.#answering = true;
    for (let text = this.#waiting.shift(); text !== undefined; text = this.#waiting.shift()) await this.#answer(text);
    this.#answering = false;
    if (this.#leaving) this.#close();
  }

  async #answer(text: string): Promise<void> {
    let lane: object = {};
    try {
      const message = parsed(text);
      const { type, stream_id: laneId, ...body } = message;
      if (laneId !== undefined) lane = { stream_id: laneId };
      if (type !== 'response.create') throw invalid('type', 'type must be "response.create"');
      if (body['background'] === true) throw invalid('background', 'background is not for WebSockets; ask by POST /v1/responses');
      const { models, metrics, signal, responses } = this.#context;
      const run = await responses.create(responsesRequest(body), { models, metrics, signal, local: this.#local });
      await this.#send(run, lane);
    } catch (error) {
      this.#refuse(this.#context.failureOf(error), lane);
    }
  }

  async #send(run: ResponseRun, lane: object): Promise<void> {
    this.#run = run;
    try {
      await run.begin();
      for (let read = await run.next(); !read.done; read = await run.next()) {
        if (this.#socket.readyState !== this.#socket.OPEN) return;
        await this.#write(JSON.stringify({ ...read.value, ...lane }));
      }
      if (run.failure !== undefined) this.#context.failureOf(run.failure);
    } finally {
      this.#run = undefined;
      if (!run.over) await run.cancel();
    }
  }

  /** Sends a message, and waits where the reader is slow: nothing is asked of the model meanwhile. */
  async #write(text: string): Promise<void> {
    const socket = this.#socket;
    if (socket.bufferedAmount < highWaterBytes) return socket.send(text, () => undefined);
    // Called with an error where the connection is lost.
    await new Promise<void>((resolve) => socket.send(text, () => resolve()));
  }

  #refuse(error: HttpError, lane: object = {}): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(JSON.stringify({ type: 'error', status: error.status, ...error.body, ...lane }), () => undefined);
  }

  /** Closes the connection once the answer that runs is told; at once, where the request is ended too. */
  #leave(): void {
    this.#leaving = true;
    if (this.#context.signal.aborted) void this.#run?.cancel();
    this.#waiting.length = 0;
    if (!this.#answering) this.#close();
  }

  #close(): void {
    this.#socket.close(1001, 'the server ends the connection');
  }
}

function parsed(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new HttpError(400, 'invalid_json', `the message is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new HttpError(400, 'invalid_json', 'a message must be a JSON object');
}

function invalid(param: string, message: string): HttpError {
  return new HttpError(400, 'invalid_value', message, { param });
}
