import type { ServerEvent } from './dialect.ts';

/** Cuts one body into events. How the body is cut into pieces on its way makes no difference. */
export interface Framing {
  /** Whether nothing that follows is read: the protocol has said so, or the bytes make no sense, as `end` will tell. */
  readonly ended: boolean;
  push(bytes: Uint8Array): ServerEvent[];
  /**
   * The body is over, or has broken off. An event that is whole but for its end is one; half an event is none.
   *
   * @throws {TramontaneError} where what was pushed cannot be read
   */
  end(): ServerEvent[];
}

/** The most characters that one event may have: room for an image in it, and an end to a server that never ends a line. */
export const maxEventLength = 16 * 2 ** 20;

/** Whether text that was not brought to its end is all there: a JSON object or array, or the word that ends a stream. */
export function isWhole(text: string): boolean {
  const data = text.trim();
  if (data === '[DONE]') return true;
  if (!data.startsWith('{') && !data.startsWith('[')) return false;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}
