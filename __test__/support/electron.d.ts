// What the example uses of Electron, as its documentation has it. Electron itself downloads a browser when it is installed.
/* oxlint-disable typescript/no-explicit-any, typescript/consistent-type-imports -- as Electron declares them */
declare module 'electron' {
  import type { EventEmitter } from 'node:events';

  interface MessageEvent {
    data: any;
    ports: MessagePortMain[];
  }
  class MessagePortMain extends EventEmitter {
    on(event: 'close', listener: Function): this;
    on(event: 'message', listener: (messageEvent: MessageEvent) => void): this;
    off(event: 'close', listener: Function): this;
    off(event: 'message', listener: (messageEvent: MessageEvent) => void): this;
    close(): void;
    postMessage(message: any, transfer?: MessagePortMain[]): void;
    start(): void;
  }
  class MessageChannelMain {
    port1: MessagePortMain;
    port2: MessagePortMain;
  }
  class WebContents extends EventEmitter {
    postMessage(channel: string, message: any, transfer?: MessagePortMain[]): void;
  }
  class BrowserWindow extends EventEmitter {
    constructor(options?: { width?: number; height?: number; webPreferences?: { preload?: string } });
    static getAllWindows(): BrowserWindow[];
    readonly webContents: WebContents;
    loadFile(filePath: string): Promise<void>;
  }
  class UtilityProcess extends EventEmitter {
    once(event: 'exit', listener: (code: number) => void): this;
    postMessage(message: any, transfer?: MessagePortMain[]): void;
  }
  const utilityProcess: { fork(modulePath: string, args?: string[], options?: { serviceName?: string }): UtilityProcess };
  const app: EventEmitter & { readonly isPackaged: boolean; whenReady(): Promise<void>; quit(): void };
  const ipcRenderer: { on(channel: string, listener: (event: { ports: MessagePort[] }) => void): void };
}

declare namespace NodeJS {
  interface Process {
    readonly resourcesPath: string;
    readonly parentPort: { on(event: 'message', listener: (event: { data: unknown; ports: import('electron').MessagePortMain[] }) => void): unknown };
  }
}
