import type { NativeBinding, NativeModel } from '../../src/native/native-binding.ts';
import type { FinishReason } from '../../src/spec/finish-reason.ts';
import type { LoadProgress } from '../../src/spec/load-progress.ts';
import type { ModelInfo } from '../../src/spec/model-info.ts';
import type { StreamPart } from '../../src/spec/stream-part.ts';
import type { Timings } from '../../src/spec/timings.ts';
import type { Usage } from '../../src/spec/usage.ts';

export const usage: Usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5, cachedInputTokens: 1 };
export const timings: Timings = {
  queuedMs: 1,
  prefillMs: 2,
  firstTokenMs: 4,
  decodeMs: 5,
  totalMs: 8,
  pausedMs: 0,
  stopMs: null,
  tokensPerSecond: 400,
};

export const fakeInfo: ModelInfo = {
  model: 'fake',
  format: 'scripted',
  architecture: 'fake',
  parameterCount: 0,
  quantization: 'F32',
  contextLength: 4096,
  trainedContextLength: 4096,
  vocabularySize: 257,
  chatTemplate: null,
  device: 'cpu',
  dtype: 'f32',
  threads: 1,
  memoryBytes: 0,
};

interface FakeError {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
  readonly file?: string;
}

/** A native model in memory, on which a test writes the parts by hand. */
export class FakeNativeModel implements NativeModel {
  readonly optionsJson: string;
  /** The request of each submitted stream, by its id. */
  readonly requests = new Map<number, Record<string, unknown>>();
  /** Ids in the order in which they were cancelled, repeats included. */
  readonly cancelled: number[] = [];
  readonly shutdowns: number[] = [];
  closeCalls = 0;
  /** Whether a cancelled stream gives its finish part by itself, as the real one does. */
  finishesWhenCancelled = true;
  /** The most parts one drain gives, whatever it was asked for. */
  drainLimit = Infinity;
  /** Runs in place of `drain`, to misbehave. */
  drainInstead: (() => string) | undefined;
  submitInstead: (() => Promise<string>) | undefined;
  /** Which streams are paused, in the order in which they were. */
  readonly paused = new Set<number>();
  /** Every `pause`, `resume` and `cancel`, such as `pause 1`. */
  readonly calls: string[] = [];
  /** What `queuePosition` says. */
  readonly queuePositions = new Map<number, number>();
  /** The requests whose tokens were counted. */
  readonly counted: Record<string, unknown>[] = [];
  /** What its text side was asked. */
  readonly asked: unknown[] = [];
  countTokensInstead: (() => Promise<string>) | undefined;
  drains = 0;
  readonly #bell: () => void;
  readonly #onProgress: (progressJson: string) => void;
  #mailbox: [number, unknown][] = [];
  #bellRung = false;
  /** How to settle the pending promise of each stream that has not ended. */
  readonly #live = new Map<number, (how: string) => void>();
  #settleLoad: (json: string) => void = () => {};
  readonly #loaded: Promise<string>;

  constructor(optionsJson: string, bell: () => void, onProgress: (progressJson: string) => void) {
    this.optionsJson = optionsJson;
    this.#bell = bell;
    this.#onProgress = onProgress;
    this.#loaded = new Promise((resolve) => {
      this.#settleLoad = resolve;
    });
  }

  loaded(): Promise<string> {
    return this.#loaded;
  }

  submit(streamId: number, requestJson: string): Promise<string> {
    if (this.submitInstead) return this.submitInstead();
    this.requests.set(streamId, JSON.parse(requestJson) as Record<string, unknown>);
    return new Promise((resolve) => {
      this.#live.set(streamId, resolve);
    });
  }

  drain(max: number): string {
    this.drains += 1;
    this.#bellRung = false;
    if (this.drainInstead) return this.drainInstead();
    const parts = this.#mailbox.splice(0, Math.min(max, this.drainLimit));
    return JSON.stringify({ parts, more: this.#mailbox.length > 0 });
  }

  pause(streamId: number): void {
    this.calls.push(`pause ${streamId}`);
    this.paused.add(streamId);
    this.#live.get(streamId)?.('paused');
  }

  resume(streamId: number): Promise<string> {
    this.calls.push(`resume ${streamId}`);
    this.paused.delete(streamId);
    if (!this.#live.has(streamId)) return Promise.resolve('');
    return new Promise((resolve) => {
      this.#live.set(streamId, resolve);
    });
  }

  queuePosition(streamId: number): number | null {
    return this.queuePositions.get(streamId) ?? null;
  }

  answer(taskJson: string): Promise<string> {
    this.asked.push(JSON.parse(taskJson));
    return Promise.resolve(JSON.stringify({ result: [] }));
  }

  countTokens(requestJson: string): Promise<string> {
    this.counted.push(JSON.parse(requestJson) as Record<string, unknown>);
    return this.countTokensInstead?.() ?? Promise.resolve(JSON.stringify({ inputTokens: 7, droppedMessages: 0 }));
  }

  cancel(streamId: number): void {
    this.calls.push(`cancel ${streamId}`);
    this.cancelled.push(streamId);
    if (this.finishesWhenCancelled && this.#live.has(streamId)) this.finish(streamId, 'aborted');
  }

  killEngine(): void {}

  metrics(): string {
    return JSON.stringify({ liveSequences: this.#live.size, unreadParts: this.#mailbox.length });
  }

  close(): Promise<void> {
    this.closeCalls += 1;
    for (const streamId of this.#live.keys()) this.finish(streamId, 'aborted');
    return Promise.resolve();
  }

  shutdown(waitMs: number): void {
    this.shutdowns.push(waitMs);
  }

  /** The ids of the streams that were submitted and have not ended. */
  get live(): number[] {
    return [...this.#live.keys()];
  }

  reportProgress(progress: Partial<LoadProgress>): void {
    this.#onProgress(JSON.stringify(progress));
  }

  finishLoad(info: ModelInfo = fakeInfo): void {
    this.#settleLoad(JSON.stringify({ info }));
  }

  failLoad(error: FakeError): void {
    this.#settleLoad(JSON.stringify({ error }));
  }

  write(streamId: number, ...deltas: string[]): void {
    for (const delta of deltas) this.#post(streamId, { type: 'text-delta', delta });
  }

  writeParts(streamId: number, ...parts: StreamPart[]): void {
    for (const part of parts) this.#post(streamId, part);
  }

  finish(streamId: number, finishReason: FinishReason = 'stop'): void {
    this.#post(streamId, { type: 'finish', finishReason, usage, timings });
    this.#settle(streamId);
  }

  fail(streamId: number, error: FakeError): void {
    this.#post(streamId, { type: 'error', error, usage, timings });
    this.#settle(streamId);
  }

  /** The stream is over, but its last part was forgotten. */
  settleWithoutLastPart(streamId: number): void {
    this.#settle(streamId);
  }

  #settle(streamId: number): void {
    const resolve = this.#live.get(streamId);
    this.#live.delete(streamId);
    resolve?.('');
  }

  #post(streamId: number, part: unknown): void {
    this.#mailbox.push([streamId, part]);
    if (this.#bellRung) return;
    this.#bellRung = true;
    setImmediate(this.#bell);
  }
}

/** A binding that makes fake models, and lists those it has made. */
export function fakeBinding(): { binding: Pick<NativeBinding, 'NativeModel'>; models: FakeNativeModel[] } {
  const models: FakeNativeModel[] = [];
  class NativeModel extends FakeNativeModel {
    constructor(optionsJson: string, bell: () => void, onProgress: (progressJson: string) => void) {
      super(optionsJson, bell, onProgress);
      models.push(this);
    }
  }
  return { binding: { NativeModel }, models };
}
