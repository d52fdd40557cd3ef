import { checkFilledText, checkFunction, checkInteger, checkOptions, guardCheck, largestCount, wrongValue } from '../request/check-value.ts';
import { checkPagePath } from './page/page-path.ts';
import { checkReplayOptions } from './replay/check-replay-options.ts';
import type { ResumableStreamsSettings } from './replay/resumable-streams.ts';
import { checkResponsesOptions } from './responses/check-responses-options.ts';
import type { ResponseStoreLimits } from './responses/response-store.ts';
import { isServedModel } from './served-model.ts';
import type { ServedModel } from './served-model.ts';
import type { HandlerOptions, LoadableModel, ServerFailure } from './server-options.ts';

/** Options of a handler, with their defaults. */
export interface HandlerSettings {
  readonly models: ReadonlyMap<string, ServedModel | LoadableModel>;
  readonly defaultModel: string | undefined;
  readonly maxLoadedModels: number;
  readonly apiKeys: readonly string[];
  readonly cors: boolean | readonly string[];
  readonly allowedHosts: readonly string[] | undefined;
  readonly maxBodyBytes: number;
  readonly keepAliveMs: number;
  readonly maxRequestMs: number;
  readonly responses: ResponseStoreLimits;
  readonly replay: ResumableStreamsSettings;
  /** Where the page is. */
  readonly page: string | undefined;
  readonly onError: (failure: ServerFailure) => void;
}

const longestMs = 2 ** 31 - 1;

export const handlerOptionNames = Object.keys({
  models: true,
  defaultModel: true,
  maxLoadedModels: true,
  apiKeys: true,
  cors: true,
  allowedHosts: true,
  maxBodyBytes: true,
  keepAliveMs: true,
  maxRequestMs: true,
  responses: true,
  replay: true,
  page: true,
  onError: true,
} satisfies Record<keyof HandlerOptions, true>);

/** Checks a handler's options. Throws `invalid-argument`. */
export function checkHandlerOptions(options: HandlerOptions, known: readonly string[] = handlerOptionNames): HandlerSettings {
  return guardCheck('options', () => {
    const checked = checkOptions(options, 'options', known);
    const models = checkModels(checked['models']);
    const defaultModel = checkFilledText(checked['defaultModel'], 'defaultModel');
    if (defaultModel !== undefined && !models.has(defaultModel)) throw wrongValue('defaultModel', 'the name of one of the models', defaultModel);
    const onError = checkFunction(checked['onError'], 'onError');
    return {
      models,
      defaultModel: defaultModel ?? models.keys().next().value,
      maxLoadedModels: checkInteger(checked['maxLoadedModels'], 'maxLoadedModels', { min: 1, max: largestCount }) ?? Infinity,
      apiKeys: checkTexts(checked['apiKeys'], 'apiKeys') ?? [],
      cors: typeof checked['cors'] === 'boolean' ? checked['cors'] : (checkTexts(checked['cors'], 'cors') ?? false),
      allowedHosts: checkTexts(checked['allowedHosts'], 'allowedHosts')?.map((host) => host.toLowerCase()),
      maxBodyBytes: checkInteger(checked['maxBodyBytes'], 'maxBodyBytes', { min: 1, max: largestCount }) ?? 32 * 2 ** 20,
      keepAliveMs: checkInteger(checked['keepAliveMs'], 'keepAliveMs', { min: 0, max: longestMs }) ?? 15_000,
      maxRequestMs: checkInteger(checked['maxRequestMs'], 'maxRequestMs', { min: 0, max: longestMs }) ?? 0,
      responses: checkResponsesOptions(checked['responses']),
      replay: checkReplayOptions(checked['replay']),
      page: checkPagePath(checked['page']),
      onError: onError ?? (() => undefined),
    };
  });
}

function checkModels(value: unknown): Map<string, ServedModel | LoadableModel> {
  if (isServedModel(value)) return new Map([[nameOf(value), value]]);
  if (typeof value !== 'object' || value === null) throw wrongValue('models', 'a model, or models by their names', value);
  const models = Object.entries(value).map(([name, model]): [string, ServedModel | LoadableModel] => [name, checkModel(model, `models.${name}`)]);
  if (models.length === 0) throw wrongValue('models', 'at least one model', value);
  return new Map(models);
}

function checkModel(value: unknown, field: string): ServedModel | LoadableModel {
  if (isServedModel(value)) return value;
  const { load, idleUnloadMs } = checkOptions(value ?? null, field, ['load', 'idleUnloadMs'], `${field}.`);
  if (typeof load !== 'function') throw wrongValue(field, 'a model, or an object with load', value);
  checkInteger(idleUnloadMs, `${field}.idleUnloadMs`, { min: 0, max: longestMs });
  return value as LoadableModel;
}

/** A model's name without the folders of this machine that lead to it. */
function nameOf({ info: { model } }: ServedModel): string {
  const isPath = model.startsWith('.') || model.startsWith('/') || /^[a-z]:[\\/]/i.test(model) || model.endsWith('.gguf');
  const name = isPath ? model.split(/[\\/]/).findLast((piece) => piece !== '') : undefined;
  return name?.replace(/\.gguf$/, '') || model;
}

function checkTexts(value: unknown, field: string): string[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw wrongValue(field, 'an array of strings', value);
  return Array.from(value, (text: unknown, index) => {
    const checked = checkFilledText(text, `${field}[${index}]`);
    if (checked === undefined) throw wrongValue(`${field}[${index}]`, 'a string', text);
    return checked;
  });
}
