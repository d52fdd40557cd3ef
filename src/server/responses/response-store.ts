import type { ChatMessage } from '../../spec/chat-message.ts';
import type { OutputItem, ResponseObject } from '../../views/responses-events.ts';

/** How many responses are kept, and for how long. */
export interface ResponseStoreLimits {
  readonly maxStored: number;
  readonly maxStoredBytes: number;
  readonly ttlMs: number;
}

/** A response that is over, as it is kept. */
export interface StoredResponse {
  readonly response: ResponseObject;
  readonly inputItems: readonly OutputItem[];
  /** What a next response continues. */
  readonly conversation: readonly ChatMessage[];
}

interface Entry {
  readonly stored: StoredResponse;
  readonly bytes: number;
  readonly expiresAt: number;
}

/** Responses by their ids, in this process's memory: a bounded number of them, the oldest forgotten first. */
export class ResponseStore {
  readonly #limits: ResponseStoreLimits;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  /** @param now - the time, in milliseconds */
  constructor(limits: ResponseStoreLimits, now: () => number = Date.now) {
    this.#limits = limits;
    this.#now = now;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What is kept, as JSON would have it; what two conversations share counts twice. */
  get bytes(): number {
    return this.#bytes;
  }

  add(stored: StoredResponse): void {
    const { maxStored, maxStoredBytes, ttlMs } = this.#limits;
    const { id } = stored.response;
    this.delete(id);
    const bytes = Buffer.byteLength(JSON.stringify(stored));
    if (bytes > maxStoredBytes) return;
    this.#entries.set(id, { stored, bytes, expiresAt: this.#now() + ttlMs });
    this.#bytes += bytes;
    for (const [oldest, { expiresAt }] of this.#entries) {
      if (this.size <= maxStored && this.#bytes <= maxStoredBytes && expiresAt > this.#now()) return;
      this.delete(oldest);
    }
  }

  get(id: string): StoredResponse | undefined {
    const entry = this.#entries.get(id);
    if (entry && entry.expiresAt > this.#now()) return entry.stored;
    this.delete(id);
    return undefined;
  }

  /** An item of the output of a response that is kept: its id names the response. */
  itemById(id: string): OutputItem | undefined {
    const [, response] = /^[a-z]+_(.+)_\d+$/.exec(id) ?? [];
    return response === undefined ? undefined : this.get(`resp_${response}`)?.response.output.find((item) => item.id === id);
  }

  /** Whether there was one. */
  delete(id: string): boolean {
    const entry = this.#entries.get(id);
    this.#bytes -= entry?.bytes ?? 0;
    return this.#entries.delete(id);
  }
}
