import { serveModel } from 'tramontane/port';

/**
 * Serves a model over each port that comes. Nothing has to be done when a window closes: its port does, and that cancels
 * its streams.
 *
 * @param {{ on(event: 'message', listener: (event: { ports: import('tramontane/port').PortLike[] }) => void): unknown }} parentPort
 * @param {import('tramontane').LanguageModel | Promise<import('tramontane').LanguageModel>} model
 */
export function serveWindows(parentPort, model) {
  parentPort.on('message', ({ ports: [port] }) => {
    if (port) serveModel(port, model, { maxStreams: 4 });
  });
}
