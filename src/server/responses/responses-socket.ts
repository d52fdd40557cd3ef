import { WebSocketServer } from 'ws';
import type { UpgradeEndpoint } from '../endpoint.ts';
import { ResponseStore } from './response-store.ts';
import { SocketSession } from './socket-session.ts';

/** How many responses of a connection it can continue itself, whether they are stored or not. */
const maxLocal = 16;

/**
 * `/v1/responses` as a WebSocket (developers.openai.com, "WebSocket mode"): each message `response.create` is a request,
 * and is answered by the events that a stream has, one message each. One response at a time, in the order they were asked
 * for. Closing the connection cancels.
 */
export const responsesSocket: UpgradeEndpoint = (context, request, socket, head) => {
  const { maxBodyBytes, responses: { maxStoredBytes } } = context.settings;
  // Compressing small messages one by one costs more than it saves.
  const server = new WebSocketServer({ noServer: true, clientTracking: false, maxPayload: maxBodyBytes, perMessageDeflate: false });
  return new Promise((resolve) => {
    server.handleUpgrade(request, socket, head, (webSocket) => {
      const local = new ResponseStore({ maxStored: maxLocal, maxStoredBytes, ttlMs: Infinity });
      resolve(new SocketSession(webSocket, { context, local }).closed);
    });
    // Where the handshake is refused, ws answers and closes by itself.
    socket.once('close', () => resolve());
  });
};
