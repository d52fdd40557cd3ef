/** A port as the web has it: `MessagePort`, `Worker`, and the global scope of a worker. */
export interface WebPort {
  postMessage(message: unknown): void;
  addEventListener(type: string, listener: (event: unknown) => void): void;
  removeEventListener(type: string, listener: (event: unknown) => void): void;
}

/**
 * A port as Node and Electron have it: `MessagePort`, `parentPort` and `Worker` of `node:worker_threads`; `MessagePortMain`,
 * `process.parentPort` and `UtilityProcess` of Electron.
 */
export interface NodePort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  off(event: 'message', listener: (message: unknown) => void): unknown;
}

/** A process: `ChildProcess` of `node:child_process`, made by `fork`, and `process` inside of it. */
export interface ProcessPort {
  send?(message: object, callback?: (error: Error | null) => void): unknown;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  off(event: 'message', listener: (message: unknown) => void): unknown;
}

/** What messages can be sent over, and come from. */
export type PortLike = WebPort | NodePort | ProcessPort;
