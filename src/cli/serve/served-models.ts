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

/** The models to serve. Those that were opened here are closed at the end of the scope; the others the server closes. */
export interface ServedModels extends AsyncDisposable {
  readonly byName: Readonly<Record<string, LanguageModel | LoadableModel>>;
}

/**
 * Opens the models, or says how they are to be opened.
 *
 * @param words - `NAME=MODEL`, or the model alone.
 * @throws {CommandError | TramontaneError}
 */
export async function servedModels(
  words: readonly string[],
  values: ServeValues,
  terminal: Terminal,
  log: (text: string) => void,
): Promise<ServedModels> {
  const fallback = terminal.env['TRAMONTANE_MODEL'];
  const all = words.length > 0 ? words : fallback ? [fallback] : [];
  if (all.length === 0) throw CommandError.usage('which model? tramontane serve MODEL, or NAME=MODEL for several');
  const named = namedReferences(all);
  const options: LoadModelOptions = { ...localOptions(values), maxQueue: values['max-queue'] };
  const lazy = values.lazy || values['idle-unload'] !== undefined || values['max-loaded'] !== undefined;
  const byName: Record<string, LanguageModel | LoadableModel> = {};
  const opened: LanguageModel[] = [];
  const close = async () => void (await Promise.all(opened.map((model) => model.close())));
  try {
    for (const [name, reference] of named) {
      const model =
        reference.kind === 'remote'
          ? connect({ provider: reference.provider, model: reference.model })
          : lazy
            ? loadable(name, reference, { ...options, file: reference.file }, values['idle-unload'], log)
            : await loadWithBar(reference.model, { ...options, file: reference.file }, terminal);
      if (!('load' in model)) opened.push(model);
      byName[name] = model;
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { byName, [Symbol.asyncDispose]: close };
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
