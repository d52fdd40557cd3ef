import type { LanguageModel } from '../stream/language-model.ts';
import type { HandlerSettings } from './check-handler-options.ts';
import { HttpError } from './http-error.ts';
import { ModelSlot } from './model-slot.ts';
import type { SlotEvents } from './model-slot.ts';
import { isEmbeddingModel, isLanguageModel, isServedModel } from './served-model.ts';
import type { ServedEmbeddingModel, ServedModel } from './served-model.ts';
import { unlessAborted } from './unless-aborted.ts';

/** A model in use. */
export interface ModelLease<Model = ServedModel> {
  readonly name: string;
  readonly model: Model;
  /** Says that it is used no more. Once. */
  readonly release: () => void;
}

/** The models of a handler, by name: those that are there, and those that are loaded when they are asked for. */
export class ModelRegistry {
  /** When it was made, in seconds since 1970. */
  readonly created = Math.floor(Date.now() / 1000);
  readonly #given = new Map<string, ServedModel>();
  /** One for each source, which several names may share. */
  readonly #slots = new Map<string, ModelSlot>();
  readonly #names: readonly string[];
  readonly #defaultModel: string | undefined;
  readonly #maxLoaded: number;
  /** Those that hold a model, or are about to. */
  readonly #holding = new Set<ModelSlot>();
  /** Wakes those that wait for room. */
  #wake: (() => void)[] = [];

  constructor({ models, defaultModel, maxLoadedModels }: Pick<HandlerSettings, 'models' | 'defaultModel' | 'maxLoadedModels'>) {
    this.#names = [...models.keys()];
    this.#defaultModel = defaultModel;
    this.#maxLoaded = maxLoadedModels;
    const slots = new Map<object, ModelSlot>();
    const events: SlotEvents = {
      takeRoom: (slot, signal) => this.#takeRoom(slot, signal),
      giveRoom: (slot) => {
        this.#holding.delete(slot);
        this.#look();
      },
      idle: () => this.#look(),
    };
    for (const [name, source] of models) {
      if (isServedModel(source)) {
        this.#given.set(name, source);
        continue;
      }
      const known = slots.get(source);
      const slot = known ?? new ModelSlot(name, source, events);
      slots.set(source, slot);
      this.#slots.set(name, slot);
    }
  }

  /** The names that requests may use. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** The models that are there at this moment, each by one of its names. */
  get loaded(): ReadonlyMap<string, ServedModel> {
    const loaded = new Map<ServedModel, string>();
    for (const name of this.#names) {
      const model = this.loadedAs(name);
      if (model && !loaded.has(model)) loaded.set(model, name);
    }
    return new Map(Array.from(loaded, ([model, name]) => [name, model]));
  }

  /**
   * The name, if there is a model by it; that of the default model where none is said.
   *
   * @throws {HttpError} 404
   */
  nameOf(name: string | undefined): string {
    const known = name ?? this.#defaultModel;
    if (known !== undefined && this.#names.includes(known)) return known;
    const message = `there is no model "${(name ?? '').slice(0, 100)}"; GET /v1/models lists those that there are`;
    throw new HttpError(404, 'model_not_found', message, { param: 'model' });
  }

  /**
   * The model of that name, loaded where it has to be; it stays until it is released.
   *
   * @throws {HttpError} 404 `model_not_found`, 503 `model_load_failed`, or the signal's reason
   */
  async acquire(name: string | undefined, signal: AbortSignal): Promise<ModelLease> {
    const known = this.nameOf(name);
    const given = this.#given.get(known);
    if (given) return { name: known, model: given, release: () => undefined };
    const slot = this.#slots.get(known);
    if (!slot) throw new Error(`${known} has no place`);
    const model = await slot.acquire(signal);
    return { name: known, model, release: () => slot.release() };
  }

  /**
   * The same, of a model that generates text.
   *
   * @throws {HttpError} 400 `unsupported_model` besides
   */
  async acquireLanguageModel(name: string | undefined, signal: AbortSignal): Promise<ModelLease<LanguageModel>> {
    const { release, ...lease } = await this.acquire(name, signal);
    if (isLanguageModel(lease.model)) return { ...lease, model: lease.model, release };
    release();
    throw unsupported(`the model "${lease.name}" turns texts into vectors and writes none; ask it for embeddings, or another model for text`);
  }

  /** The same, of a model that has embeddings. */
  async acquireEmbeddingModel(name: string | undefined, signal: AbortSignal): Promise<ModelLease<ServedEmbeddingModel>> {
    const { release, ...lease } = await this.acquire(name, signal);
    if (isEmbeddingModel(lease.model)) return { ...lease, model: lease.model, release };
    release();
    throw unsupported(`the model "${lease.name}" writes text and has no embeddings; ask an embedding model`);
  }

  /** The model of a name, where it is there at this moment. */
  loadedAs(name: string): ServedModel | undefined {
    return this.#given.get(name) ?? this.#slots.get(name)?.model;
  }

  /** How long the model of a name stays if nobody asks for it, in milliseconds. What was not loaded here stays. */
  staysForMs(name: string): number {
    return this.#slots.get(name)?.staysForMs ?? Infinity;
  }

  /** Says how long the model of a name is to stay without a request, as {@link ModelSlot.keepFor}. */
  keepFor(name: string, ms: number): void {
    this.#slots.get(name)?.keepFor(ms);
  }

  /** Closes what was loaded here. */
  async close(): Promise<void> {
    await Promise.all(Array.from(new Set(this.#slots.values()), (slot) => slot.unload()));
  }

  /** Waits until one more model may be loaded, and closes those that are idle for it. */
  async #takeRoom(slot: ModelSlot, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#holding.size < this.#maxLoaded) {
        this.#holding.add(slot);
        return;
      }
      const idle = [...this.#holding].filter(({ idleSince }) => idleSince !== undefined);
      const [oldest] = idle.toSorted((a, b) => (a.idleSince ?? 0) - (b.idleSince ?? 0));
      await (oldest ? oldest.unload() : unlessAborted(new Promise<void>((resolve) => void this.#wake.push(resolve)), signal));
    }
  }

  #look(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

function unsupported(message: string): HttpError {
  return new HttpError(400, 'unsupported_model', message, { param: 'model' });
}
