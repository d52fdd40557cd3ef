import { connect } from '../../index.ts';
import type { LoadModelOptions } from '../../index.ts';
import type { LoadableModel, ServedModel } from '../../server/index.ts';
import type { ValuesOf } from '../arguments/option.ts';
import { CommandError } from '../command-error.ts';
import { loadAny } from '../model/load-any.ts';
import type { hubOptions, loadOptions, remoteOptions } from '../model/model-options.ts';
import { connectTo, loadWithBar, localOptions, namesRemote, shortName } from '../model/open-model.ts';
import { modelReference } from '../model/reference.ts';
import type { ModelReference } from '../model/reference.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { formatDuration } from '../terminal/units.ts';

type ServeValues = ValuesOf<typeof hubOptions & typeof loadOptions & typeof remoteOptions> & {
  readonly lazy: boolean;
  readonly 'idle-unload': number | undefined;
  readonly 'max-loaded': number | undefined;
  readonly 'max-queue': number | undefined;
};

/** The models to serve. Those that were opened here are closed at the end of the scope, if they are not yet. */
export interface ServedModels extends AsyncDisposable {
  /** As the server takes them. Requests for one that is not there yet wait for it. */
  readonly byName: Readonly<Record<string, ServedModel | LoadableModel>>;
  /**
   * Loads those that are not to wait until they are asked for, with a bar on standard error.
   *
   * @throws {CommandError | TramontaneError}
   */
  preload(): Promise<void>;
}

/**
 * Says how the models are to be opened.
 *
 * @param words - `NAME=MODEL`, or the model alone.
 * @throws {CommandError | TramontaneError}
 */
export function servedModels(words: readonly string[], values: ServeValues, terminal: Terminal, log: (text: string) => void): ServedModels {
  const fallback = terminal.env['TRAMONTANE_MODEL'];
  const all = words.length > 0 ? words : fallback ? [fallback] : [];
  if (all.length === 0) throw CommandError.usage('which model? tramontane serve MODEL, or NAME=MODEL for several');
  const options: LoadModelOptions = { ...localOptions(values), maxQueue: values['max-queue'] };
  const lazy = values.lazy || values['idle-unload'] !== undefined || values['max-loaded'] !== undefined;
  const byName: Record<string, ServedModel | LoadableModel> = {};
  const opened: ServedModel[] = [];
  let start: (() => void) | undefined;
  /** What the next load waits for: they run one after the other, and not before `preload`. */
  let loads: Promise<unknown> = new Promise<void>((resolve) => (start = resolve));
  const elsewhere = namesRemote(values);
  for (const [name, reference] of namedReferences(all, elsewhere)) {
    if (elsewhere || reference.kind === 'remote') {
      const model = reference.kind === 'remote' ? connect({ provider: reference.provider, model: reference.model }) : connectTo(values, terminal, values.remote, reference.model);
      opened.push(model);
      byName[name] = model;
      continue;
    }
    const own = { ...options, file: reference.file };
    if (lazy) {
      byName[name] = loadable(name, reference, own, values['idle-unload'], log);
      continue;
    }
    let loaded: Promise<ServedModel> | undefined = loads.then(async () => {
      const model = await loadWithBar(loadAny, reference.model, own, terminal);
      opened.push(model);
      return model;
    });
    // Whether or not a request waits for it, `preload` tells of a failure.
    loaded.catch(() => {});
    loads = loaded;
    const again = loadable(name, reference, own, undefined, log);
    byName[name] = {
      async load(asked) {
        if (!loaded) return again.load(asked);
        const model = await loaded;
        asked.abortSignal.throwIfAborted();
        // The server closes what it was given, so that nobody gets it twice.
        loaded = undefined;
        return model;
      },
    };
  }
  return {
    byName,
    async preload() {
      start?.();
      await loads;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((model) => model.close()));
    },
  };
}

/** @param asTheyAre - whether words are models' names at an engine elsewhere, whatever they look like */
function namedReferences(words: readonly string[], asTheyAre: boolean): ReadonlyMap<string, ModelReference> {
  const named = new Map<string, ModelReference>();
  for (const word of words) {
    // What stands before the sign is a name only where it can be no part of a path.
    const [, name, text = word] = /^([^=/\\]+)=(.+)$/s.exec(word) ?? [];
    const reference = asTheyAre ? { kind: 'local' as const, model: text } : modelReference(text);
    const own = name ?? nameOf(reference);
    if (named.has(own)) throw CommandError.usage(`two models go by the name ${own}; name them: NAME=${text}`);
    named.set(own, reference);
  }
  return named;
}

/** What a model goes by where nothing else was said: a file by its name, all others by what they were asked for by. */
function nameOf({ kind, model }: ModelReference): string {
  return kind === 'local' && /\.gguf$/i.test(model) ? shortName(model).replace(/\.gguf$/i, '') : model;
}

function loadable(
  name: string,
  { model }: ModelReference,
  options: LoadModelOptions,
  idleUnloadMs: number | undefined,
  log: (text: string) => void,
): LoadableModel {
  return {
    idleUnloadMs,
    async load({ abortSignal }) {
      const startMs = performance.now();
      log(`loading ${name}`);
      const loaded = await loadAny(model, { ...options, abortSignal });
      log(`${name} was loaded in ${formatDuration(performance.now() - startMs)}`);
      return loaded;
    },
  };
}
