import { isErrorCode } from '../spec/error-code.ts';
import type { Failure, FailurePart } from '../spec/failure-part.ts';
import type { ModelMetrics } from '../spec/model-metrics.ts';
import type { StreamPart } from '../spec/stream-part.ts';

/**
 * The version of what is said over a port. It is the mark of each message too. `hello` and `refused` stay as they are in
 * all versions, so that any two can tell that they differ.
 */
export const portVersion = 1;

/** A message of either side, of any version. */
export interface PortMessage {
  readonly tramontane: number;
  readonly type: string;
}

/** A part, and whose it is. */
export type StreamedPart = [streamId: number, part: StreamPart | FailurePart];

/** What the side that reads sends. Streams are named by numbers that it chooses. */
export type ReaderMessage = { readonly tramontane: number } & (
  | { readonly type: 'hello' }
  /** A checked request as JSON. */
  | { readonly type: 'start'; readonly streamId: number; readonly request: string }
  /** How many parts of each stream have been taken in: as many more may be sent. */
  | { readonly type: 'taken'; readonly counts: readonly (readonly [streamId: number, parts: number])[] }
  | { readonly type: 'cancel' | 'pause' | 'resume'; readonly streamId: number }
  | { readonly type: 'measure' }
  /** The last message of a side. */
  | { readonly type: 'bye' }
);

/** What the side that has the model sends. */
export type ServerMessage = { readonly tramontane: number } & (
  | { readonly type: 'welcome'; readonly info: { readonly model: string }; readonly metrics: ModelMetrics | undefined }
  | { readonly type: 'refused'; readonly error: Failure }
  | { readonly type: 'parts'; readonly parts: readonly StreamedPart[]; readonly metrics: ModelMetrics | undefined }
  | { readonly type: 'queued'; readonly positions: readonly (readonly [streamId: number, position: number | null])[] }
  | { readonly type: 'metrics'; readonly metrics: ModelMetrics | undefined }
  | { readonly type: 'bye' }
);

/** Whether a value has our mark. Nothing else of it is known. */
export function isOurs(value: unknown): value is PortMessage {
  if (typeof value !== 'object' || value === null) return false;
  const { tramontane, type } = value as Partial<Record<keyof PortMessage, unknown>>;
  return typeof tramontane === 'number' && typeof type === 'string';
}

/** What a failed load or a foreign version comes as; a failure of ours where it cannot be read. */
export function readFailure(value: unknown): Failure {
  const { code, message, field } = (value ?? {}) as Partial<Record<keyof Failure, unknown>>;
  if (typeof code !== 'string' || typeof message !== 'string') {
    return { code: 'remote-failed', message: 'the other side of the port failed without saying how' };
  }
  return { code: isErrorCode(code) ? code : 'remote-failed', message, ...(typeof field === 'string' && { field }) };
}

/** Why two sides cannot speak with each other. */
export function otherVersion({ tramontane }: PortMessage): Failure {
  const versions = `the other side of the port speaks version ${tramontane}, and this one ${portVersion}`;
  return { code: 'remote-failed', message: `${versions}; use one version of tramontane on both sides` };
}

/** What is there of a list that came from the other side. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
