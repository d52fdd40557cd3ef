import { HttpError } from './http-error.ts';
import type { ServedModel } from './served-model.ts';
import type { LoadableModel } from './server-options.ts';
import { unlessAborted } from './unless-aborted.ts';

/** The longest that a timer takes. */
const longestMs = 2 ** 31 - 1;

interface Load {
  readonly promise: Promise<ServedModel>;
  readonly controller: AbortController;
}

/** What a slot tells the registry that it is in. */
export interface SlotEvents {
  /** Resolves once the slot may hold a model. */
  readonly takeRoom: (slot: ModelSlot, signal: AbortSignal) => Promise<void>;
  /** It holds a model no more. */
  readonly giveRoom: (slot: ModelSlot) => void;
  /** Nobody uses its model any more. */
  readonly idle: () => void;
}

/** The place of one model that is loaded on demand: empty, loading, loaded, or being closed. */
export class ModelSlot {
  readonly #name: string;
  readonly #source: LoadableModel;
  readonly #events: SlotEvents;
  #users = 0;
  /** Requests that do not have the model yet. */
  #waiting = 0;
  #lastUsedAt = 0;
  #load: Load | undefined;
  #model: ServedModel | undefined;
  #unloading: Promise<void> | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  /** How long the model that is loaded stays without a request, where a request has said so. */
  #keepMs: number | undefined;

  constructor(name: string, source: LoadableModel, events: SlotEvents) {
    this.#name = name;
    this.#source = source;
    this.#events = events;
  }

  /** The model, where it is loaded. */
  get model(): ServedModel | undefined {
    return this.#model;
  }

  /** Since when it could give way to another, on the clock of `performance.now()`; `undefined` where it could not. */
  get idleSince(): number | undefined {
    return this.#model && this.#users + this.#waiting === 0 ? this.#lastUsedAt : undefined;
  }

  /** The model, loaded where it is not, for one more user; each has to {@link release} it. */
  async acquire(signal: AbortSignal): Promise<ServedModel> {
    this.#waiting += 1;
    clearTimeout(this.#idleTimer);
    try {
      while (!this.#model) await this.#nextState(signal);
      this.#users += 1;
      return this.#model;
    } finally {
      this.#waiting -= 1;
      this.#leave();
    }
  }

  /** How long the model will stay if nobody asks for it, in milliseconds; `Infinity` where it does. */
  get staysForMs(): number {
    const since = this.idleSince;
    return since === undefined ? this.#idleMs : Math.max(0, since + this.#idleMs - performance.now());
  }

  /**
   * Has the model that is loaded stay for so many milliseconds without a request, and not as long as its source says.
   *
   * @param ms - 0 unloads it as soon as nobody uses it, `Infinity` never does
   */
  keepFor(ms: number): void {
    if (!this.#model) return;
    this.#keepMs = ms;
    if (this.idleSince !== undefined) this.#leave();
  }

  release(): void {
    this.#users -= 1;
    this.#leave();
  }

  /** Closes the model, or ends its load. Never rejects: a model that cannot be closed is given up. */
  async unload(): Promise<void> {
    clearTimeout(this.#idleTimer);
    this.#load?.controller.abort();
    this.#unloading ??= this.#model && this.#close(this.#model);
    await this.#unloading;
  }

  async #close(model: ServedModel): Promise<void> {
    this.#model = undefined;
    this.#keepMs = undefined;
    await model.close().catch(() => undefined);
    this.#unloading = undefined;
    this.#events.giveRoom(this);
  }

  /** What there is to do where nobody needs the model, or its load, any more. */
  #leave(): void {
    this.#lastUsedAt = performance.now();
    if (this.#waiting === 0) this.#load?.controller.abort();
    if (this.idleSince === undefined) return;
    clearTimeout(this.#idleTimer);
    const idleMs = this.#idleMs;
    if (idleMs === 0) void this.unload();
    else if (idleMs < Infinity) this.#idleTimer = setTimeout(() => void this.unload(), Math.min(idleMs, longestMs)).unref();
    this.#events.idle();
  }

  get #idleMs(): number {
    // There 0 is never.
    return this.#keepMs ?? (this.#source.idleUnloadMs || Infinity);
  }

  async #nextState(signal: AbortSignal): Promise<void> {
    const load = this.#load;
    if (load?.controller.signal.aborted) await unlessAborted(load.promise.then(noMatter, noMatter), signal);
    else if (this.#unloading) await unlessAborted(this.#unloading, signal);
    else await this.#loadFor(signal);
  }

  async #loadFor(signal: AbortSignal): Promise<void> {
    this.#load ??= this.#begin();
    try {
      await unlessAborted(this.#load.promise, signal);
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      const message = `the model "${this.#name}" could not be loaded; try again later`;
      throw new HttpError(503, 'model_load_failed', message, { param: 'model', cause, headers: { 'retry-after': '1' } });
    }
  }

  #begin(): Load {
    const controller = new AbortController();
    const promise = this.#run(controller.signal);
    // Where nobody waits any more nobody asks how it ended.
    promise.catch(() => undefined);
    return { promise, controller };
  }

  async #run(abortSignal: AbortSignal): Promise<ServedModel> {
    let holds = false;
    try {
      await this.#events.takeRoom(this, abortSignal);
      holds = true;
      const model = await this.#source.load({ abortSignal });
      if (abortSignal.aborted) {
        await model.close();
        throw abortSignal.reason;
      }
      this.#model = model;
      return model;
    } finally {
      this.#load = undefined;
      if (holds && !this.#model) this.#events.giveRoom(this);
    }
  }
}

function noMatter(): void {}
