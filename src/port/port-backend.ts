import { readPart } from '../request/read-part.ts';
import type { Failure, FailurePart } from '../spec/failure-part.ts';
import type { ModelMetrics } from '../spec/model-metrics.ts';
import type { FinishPart, StreamPart } from '../spec/stream-part.ts';
import { noTime } from '../spec/timings.ts';
import { nothingUsed } from '../spec/usage.ts';
import type { StreamBackend } from '../stream/stream-backend.ts';
import { listOf, portVersion } from './port-messages.ts';
import type { PortMessage, ReaderMessage, ServerMessage, StreamedPart } from './port-messages.ts';

/** What ends all streams of a port at once. */
type End = FailurePart | FinishPart;

const nothing = { usage: nothingUsed, timings: noTime } as const;
const aborted: FinishPart = { type: 'finish', finishReason: 'aborted', ...nothing };

/** What the reading side needs to know of its port. */
interface ReaderLink {
  post(message: ReaderMessage): void;
  setAwaited(awaited: boolean): void;
}

/** The streams of a model at the other side of a port. */
export class PortBackend implements StreamBackend {
  readonly #link: ReaderLink;
  /** Set once the router is there that it answers to. */
  deliver: () => void = () => {};
  metrics: ModelMetrics | undefined;
  /** Of each stream that has not ended, what settles the promise that was given out last. */
  readonly #live = new Map<number, (how: string) => void>();
  readonly #positions = new Map<number, number>();
  readonly #awaited = new Set<number>();
  #inbox: StreamedPart[] = [];
  #lost: Failure | undefined;

  constructor(link: ReaderLink) {
    this.#link = link;
  }

  submit(streamId: number, request: string): Promise<string> {
    if (this.#lost) {
      this.#inbox.push([streamId, { type: 'error', error: this.#lost }]);
      return Promise.resolve('');
    }
    this.#link.post({ tramontane: portVersion, type: 'start', streamId, request });
    return this.#await(streamId);
  }

  drain(max: number): { parts: StreamedPart[]; more: boolean } {
    const parts = this.#inbox.splice(0, max);
    // Only what its stream has taken in makes room for more: so the other side cannot fill this one's memory.
    const counts = new Map<number, number>();
    for (const [streamId] of parts) if (this.#live.has(streamId)) counts.set(streamId, (counts.get(streamId) ?? 0) + 1);
    if (counts.size > 0) this.#link.post({ tramontane: portVersion, type: 'taken', counts: [...counts] });
    return { parts, more: this.#inbox.length > 0 };
  }

  cancel(streamId: number): void {
    if (this.#live.has(streamId)) this.#link.post({ tramontane: portVersion, type: 'cancel', streamId });
  }

  pause(streamId: number): void {
    const settle = this.#live.get(streamId);
    if (!settle) return;
    this.#link.post({ tramontane: portVersion, type: 'pause', streamId });
    this.#setAwaited(streamId, false);
    settle('paused');
  }

  resume(streamId: number): Promise<string> {
    if (!this.#live.has(streamId)) return Promise.resolve('');
    this.#link.post({ tramontane: portVersion, type: 'resume', streamId });
    return this.#await(streamId);
  }

  queuePosition(streamId: number): number | null {
    return this.#positions.get(streamId) ?? null;
  }

  /** Takes a message of the other side. What makes no sense in it is left aside, or fails the stream that it is about. */
  receive(message: Extract<ServerMessage, { type: 'parts' | 'queued' | 'metrics' }>): void {
    switch (message.type) {
      case 'parts':
        this.#measured(message.metrics);
        for (const streamed of listOf(message.parts)) this.#take(listOf(streamed));
        this.deliver();
        break;
      case 'queued':
        for (const position of listOf(message.positions)) this.#place(listOf(position));
        break;
      case 'metrics':
        this.#measured(message.metrics);
    }
  }

  /** Nothing comes any more: ends all streams, and from now on each at once. */
  lose(failure: Failure): void {
    this.#lost ??= { ...failure, code: 'connection-failed' };
    this.#endAll({ type: 'error', error: failure, ...nothing });
  }

  /** Ends all streams as cancelled. */
  abort(): void {
    this.#endAll(aborted);
  }

  #endAll(last: End): void {
    for (const streamId of this.#live.keys()) this.#push(streamId, last);
    this.deliver();
  }

  #take([streamId, part]: readonly unknown[]): void {
    if (typeof streamId !== 'number' || !this.#live.has(streamId)) return;
    this.#positions.delete(streamId);
    try {
      if (typeof part !== 'object' || part === null) throw new Error('a part must be an object');
      this.#push(streamId, readPart(part as Readonly<Record<string, unknown>>));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.cancel(streamId);
      const error: Failure = { code: 'remote-failed', message: `what came over the port could not be read: ${reason}` };
      this.#push(streamId, { type: 'error', error, ...nothing });
    }
  }

  #push(streamId: number, part: StreamPart | FailurePart): void {
    this.#inbox.push([streamId, part]);
    if (part.type !== 'finish' && part.type !== 'error') return;
    const settle = this.#live.get(streamId);
    this.#live.delete(streamId);
    this.#positions.delete(streamId);
    this.#setAwaited(streamId, false);
    settle?.('');
  }

  #place([streamId, position]: readonly unknown[]): void {
    if (typeof streamId !== 'number' || !this.#live.has(streamId)) return;
    if (typeof position === 'number') this.#positions.set(streamId, position);
    else this.#positions.delete(streamId);
  }

  #measured(metrics: unknown): void {
    if (typeof metrics === 'object' && metrics !== null) this.metrics = metrics as ModelMetrics;
  }

  #await(streamId: number): Promise<string> {
    this.#setAwaited(streamId, true);
    return new Promise((resolve) => {
      this.#live.set(streamId, resolve);
    });
  }

  #setAwaited(streamId: number, awaited: boolean): void {
    if (awaited) this.#awaited.add(streamId);
    else this.#awaited.delete(streamId);
    this.#link.setAwaited(this.#awaited.size > 0);
  }
}

/** Whether a message is one for {@link PortBackend.receive}. */
export function isForStreams(message: PortMessage): message is Extract<ServerMessage, { type: 'parts' | 'queued' | 'metrics' }> {
  return message.type === 'parts' || message.type === 'queued' || message.type === 'metrics';
}
