import type { ModelMetrics } from '../spec/model-metrics.ts';
import type { LanguageModel } from '../stream/language-model.ts';
import { portVersion } from './port-messages.ts';
import type { ServerMessage } from './port-messages.ts';
import type { ServedStream } from './served-stream.ts';

/** How often the places of waiting streams are looked at, and metrics sent along with parts. */
const everyMs = 100;

/** Tells the other side what it cannot ask for at once: the model's metrics, and which place a waiting stream has. */
export class ModelReport {
  readonly #streams: ReadonlyMap<number, ServedStream>;
  readonly #post: (message: ServerMessage) => void;
  #model: LanguageModel | undefined;
  #measuredAt = -Infinity;
  /** The places last told, of streams that had one. */
  readonly #told = new Map<number, number>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(streams: ReadonlyMap<number, ServedStream>, post: (message: ServerMessage) => void) {
    this.#streams = streams;
    this.#post = post;
  }

  begin(model: LanguageModel): void {
    this.#model = model;
  }

  /** The model's metrics; nothing where it cannot tell. */
  measure(): ModelMetrics | undefined {
    this.#measuredAt = performance.now();
    try {
      return this.#model?.metrics();
    } catch {
      return undefined;
    }
  }

  /** The metrics where it is time for them again, or `wanted`. */
  measureNow(wanted: boolean): ModelMetrics | undefined {
    return wanted || performance.now() - this.#measuredAt >= everyMs ? this.measure() : undefined;
  }

  /** A stream has begun, and may wait. */
  began(): void {
    this.#look();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const positions: [number, number | null][] = [];
    let waiting = 0;
    for (const [streamId, stream] of this.#streams) {
      const position = stream.queuePosition;
      if (position !== null) waiting += 1;
      if (position === (this.#told.get(streamId) ?? null)) continue;
      positions.push([streamId, position]);
      if (position === null) this.#told.delete(streamId);
      else this.#told.set(streamId, position);
    }
    for (const streamId of this.#told.keys()) if (!this.#streams.has(streamId)) this.#told.delete(streamId);
    if (positions.length > 0) this.#post({ tramontane: portVersion, type: 'queued', positions });
    this.#setWatching(waiting > 0);
  }

  #setWatching(watching: boolean): void {
    if (!watching) {
      this.end();
      return;
    }
    if (this.#timer) return;
    this.#timer = setInterval(() => this.#look(), everyMs);
    // A number where timers are those of a web page.
    (this.#timer as Partial<NodeJS.Timeout>).unref?.();
  }
}
