/**
 * Gives the two ends of a channel to the process with the model and to a page.
 *
 * @template Port
 * @param {{ postMessage(message: unknown, transfer: Port[]): void }} modelProcess
 * @param {{ postMessage(channel: string, message: unknown, transfer: Port[]): void }} page
 * @param {{ readonly port1: Port, readonly port2: Port }} channel
 */
export function connectWindow(modelProcess, page, { port1, port2 }) {
  modelProcess.postMessage({ type: 'window' }, [port1]);
  page.postMessage('model-port', null, [port2]);
}
