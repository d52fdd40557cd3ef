import { connect, loadModel } from '../../index.ts';
import type { LanguageModel, LoadModelOptions } from '../../index.ts';
import type { LoadableModel } from '../../server/index.ts';
import type { ValuesOf } from '../arguments/option.ts';
import { CommandError } from '../command-error.ts';
import type { hubOptions, loadOptions } from '../model/model-options.ts';
import { loadWithBar, localOptions, shortName } from '../model/open-model.ts';
import { modelReference } from '../model/reference.ts';
import type { ModelReference } from '../model/reference.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { formatDuration } from '../terminal/units.ts';

type ServeValues = ValuesOf<typeof hubOptions & typeof loadOptions> & {
  readonly lazy: boolean;
  readonly 'idle-unload': number | undefined;
  readonly 'max-loaded': number | undefined;
  readonly 'max-queue': number | undefined;
};

/** The models to serve. Those that were opened here are closed at the end of the scope, if they are not yet. */
export interface ServedModels extends AsyncDisposable {
  /** As the server takes them. Requests for one that is not there yet wait for it. */
  readonly byName: Readonly<Record<string, LanguageModel | LoadableModel>>;
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
  const byName: Record<string, LanguageModel | LoadableModel> = {};
  const opened: LanguageModel[] = [];
  let start: (() => void) | undefined;
  /** What the next load waits for: they run one after the other, and not before `preload`. */
  let loads: Promise<unknown> = new Promise<void>((resolve) => (start = resolve));
  for (const [name, reference] of namedReferences(all)) {
    if (reference.kind === 'remote') {
      const model = connect({ provider: reference.provider, model: reference.model });
      opened.push(model);
      byName[name] = model;
      continue;
    }
    const own = { ...options, file: reference.file };
    if (lazy) {
      byName[name] = loadable(name, reference, own, values['idle-unload'], log);
      continue;
    }
    const loaded = loads.then(async () => {
      const model = await loadWithBar(reference.model, own, terminal);
      opened.push(model);
      return model;
    });
    // Whether or not a request waits for it, `preload` tells of a failure.
    loaded.catch(() => {});
    byName[name] = { load: () => loaded };
    loads = loaded;
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

function namedReferences(words: readonly string[]): ReadonlyMap<string, ModelReference> {
  const named = new Map<string, ModelReference>();
  for (const word of words) {
    // What stands before the sign is a name only where it can be no part of a path.
    const [, name, text = word] = /^([^=/\\]+)=(.+)$/s.exec(word) ?? [];
    const reference = modelReference(text);
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
      const loaded = await loadModel(model, { ...options, abortSignal });
      log(`${name} was loaded in ${formatDuration(performance.now() - startMs)}`);
      return loaded;
    },
  };
}
