import type { Readable, Writable } from 'node:stream';

/** Where input comes from. */
export interface TerminalInput extends Readable {
  /** Whether a person types it. */
  readonly isTTY?: boolean;
  /** Where a person does: whether keys come one by one, Ctrl-C among them, instead of line by line. */
  setRawMode?(raw: boolean): unknown;
}

/** Where output goes. */
export interface TerminalOutput extends Writable {
  /** Whether a person sees it. */
  readonly isTTY?: boolean;
  /** How wide it is, in characters, where a person sees it. */
  readonly columns?: number;
}

/** All that a command knows of the world it was started in. Tests put their own in its place. */
export interface Terminal {
  readonly stdin: TerminalInput;
  /** For results. */
  readonly stdout: TerminalOutput;
  /** For everything else: progress, figures, errors. */
  readonly stderr: TerminalOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Calls `listener` in place of ending the process. Gives what stops that. */
  onSignal(signal: 'SIGINT' | 'SIGTERM', listener: () => void): () => void;
  /** Ends the process at once. */
  exit(code: number): never;
}
