import { connect, loadModel } from '../../index.ts';
import type { LanguageModel, LoadModelOptions, LoadProgress, Model, RemoteModel } from '../../index.ts';
import type { ValuesOf } from '../arguments/option.ts';
import { CommandError } from '../command-error.ts';
import { untilInterrupted } from '../terminal/until-interrupted.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { fileOptions, loadOptions } from './model-options.ts';
import type { modelOptions, remoteOptions } from './model-options.ts';
import { modelReference } from './reference.ts';

type LocalValues = Partial<ValuesOf<typeof fileOptions & typeof loadOptions>>;
export type ModelValues = ValuesOf<typeof modelOptions>;
type ConnectValues = LocalValues & ValuesOf<typeof remoteOptions>;

/** A model that was opened; `local` is the same one, where it runs in this process. */
export interface OpenedModel {
  readonly model: LanguageModel;
  readonly local: Model | null;
}

/**
 * Loads the model that the options name, with a bar on standard error, or connects to it. Ctrl-C ends the load.
 *
 * @param named - The model, where it was named beside the options.
 * @throws {CommandError | TramontaneError}
 */
export async function openModel(values: ModelValues, terminal: Terminal, named?: string): Promise<OpenedModel> {
  const name = modelName(values, terminal, named);
  if (namesRemote(values)) {
    return { model: connectTo(values, terminal, values.remote, name), local: null };
  }
  const reference = modelReference(name);
  if (reference.kind === 'remote') return { model: connectTo(values, terminal, reference.provider, reference.model), local: null };
  const unused = values['api-key-env'];
  if (unused !== undefined) throw CommandError.usage('--api-key-env is for remote engines; say which one by --remote or --url');
  const local = await loadWithBar(loadModel, reference.model, { ...localOptions(values), file: values.file ?? reference.file }, terminal);
  return { model: local, local };
}

/** The model's name, from wherever it was given. */
export function modelName(values: { readonly model: string | undefined }, { env }: Terminal, named: string | undefined): string {
  if (named !== undefined && values.model !== undefined && named !== values.model) {
    throw CommandError.usage(`two models were named, ${named} and ${values.model}; leave one out`);
  }
  const name = named ?? values.model ?? env['TRAMONTANE_MODEL'];
  if (name) return name;
  throw CommandError.usage(
    'which model? name one by --model: a GGUF file, a folder, org/name of the Hugging Face hub, or PROVIDER:NAME',
  );
}

/** The options of a load, under the library's names. */
export function localOptions(values: LocalValues): LoadModelOptions {
  const options: Record<string, unknown> = {};
  for (const [name, { field }] of Object.entries({ ...fileOptions, ...loadOptions })) {
    const value = values[name as keyof typeof values];
    if (value !== undefined && value !== false) options[field] = value;
  }
  // Bits are a number there, a type is a word.
  const { isq } = values;
  return { ...options, ...(isq !== undefined && /^\d+$/.test(isq) ? { isq: Number(isq) as 4 } : {}) };
}

/** Loads a model into this process by `load`, with a bar on standard error. Ctrl-C ends the load. */
export async function loadWithBar<Loaded, Options extends LoadModelOptions>(
  load: (model: string, options: Options) => Promise<Loaded>,
  model: string,
  options: Options,
  terminal: Terminal,
): Promise<Loaded> {
  const bar = new ProgressBar(terminal.stderr);
  try {
    return await untilInterrupted(terminal, (abortSignal) =>
      load(model, { ...options, abortSignal, onProgress: (progress) => bar.update(loadState(model, progress)) }),
    );
  } finally {
    bar.stop();
  }
}

function loadState(model: string, { phase, done, total, unit, file }: LoadProgress) {
  const doing = { resolve: 'looking for', download: 'downloading', load: 'loading', ready: 'loaded' }[phase];
  return { label: `${doing} ${shortName(file ?? model)}`, done, total, unit };
}

/** The last part of a path, which is what tells models apart on a line. */
export function shortName(path: string): string {
  return path.split(/[/\\]/).at(-1) || path;
}

/** Whether the options say that the model is behind a remote engine, whatever its name looks like. */
export function namesRemote({ remote, url, dialect }: Pick<ConnectValues, 'remote' | 'url' | 'dialect'>): boolean {
  return remote !== undefined || url !== undefined || dialect !== undefined;
}

/**
 * Connects to a model of a remote engine.
 *
 * @throws {CommandError | TramontaneError}
 */
export function connectTo(values: ConnectValues, { env }: Terminal, provider: string | undefined, model: string): RemoteModel {
  const specs = { ...fileOptions, ...loadOptions };
  const given = Object.keys(specs).find((name) => values[name as keyof typeof specs] !== undefined && values[name as keyof typeof specs] !== false);
  if (given !== undefined) throw CommandError.usage(`--${given} is for models in this process, and ${model} is behind a remote engine; leave it out`);
  const { url: baseUrl, 'api-key-env': keyName } = values;
  const dialect = values.dialect ?? (provider === undefined ? ('openai-chat' as const) : undefined);
  const apiKey = keyName === undefined ? undefined : env[keyName];
  if (keyName !== undefined && !apiKey) throw CommandError.usage(`${keyName} is to hold the key and is not set`);
  return connect({ provider, model, baseUrl, dialect, apiKey });
}
