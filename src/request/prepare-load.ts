import type { LoadEmbeddingModelOptions } from '../spec/load-embedding-model-options.ts';
import type { LoadModelOptions } from '../spec/load-model-options.ts';
import type { LoadProgress } from '../spec/load-progress.ts';
import { checkModelReference, referenceOptions } from './check-model-reference.ts';
import { checkReplyFormats } from './check-reply-formats.ts';
import {
  checkAbortSignal,
  checkFilledText,
  checkFunction,
  checkInteger,
  checkOptions,
  guardCheck,
  largestCount,
  wrongValue,
} from './check-value.ts';

/** A load that was checked and copied: nothing the caller does afterwards changes it. */
export interface PreparedLoad {
  /** What the engine is given. */
  readonly json: string;
  readonly abortSignal: AbortSignal | undefined;
  readonly onProgress: ((progress: LoadProgress) => void) | undefined;
}

type OptionName = keyof LoadModelOptions;
const sharedOptions = {
  ...referenceOptions,
  device: true,
  isq: true,
  dtype: true,
  contextLength: true,
  threads: true,
  onProgress: true,
  abortSignal: true,
} satisfies Record<keyof LoadEmbeddingModelOptions, true>;
const embeddingOptionNames = Object.keys(sharedOptions);
const optionNames = Object.keys({
  ...sharedOptions,
  maxQueue: true,
  prefixCacheBytes: true,
  chatTemplate: true,
  tokenizer: true,
  reasoningFormat: true,
  toolCallFormat: true,
} satisfies Record<OptionName, true>);
const dtypes = new Set(['auto', 'f32', 'f16', 'bf16']);
const isqBits = new Set([2, 3, 4, 5, 6, 8]);

/** Checks what `loadModel` was given. Throws `invalid-argument`. */
export function prepareLoad(model: string, options?: LoadModelOptions): PreparedLoad {
  return guardCheck('options', () => {
    const checked = checkOptions(options, 'options', optionNames);
    const text = (name: OptionName) => checkFilledText(checked[name], name);
    const json = JSON.stringify({
      ...checkModelReference(model, checked),
      ...checkComputing(checked),
      maxQueue: checkInteger(checked['maxQueue'], 'maxQueue', { min: 0, max: largestCount }),
      prefixCacheBytes: checkInteger(checked['prefixCacheBytes'], 'prefixCacheBytes', { min: 0, max: Number.MAX_SAFE_INTEGER }),
      chatTemplate: text('chatTemplate'),
      tokenizer: text('tokenizer'),
      ...checkReplyFormats(checked),
    });
    return { json, ...checkCourse(checked) };
  });
}

/** Checks what `loadEmbeddingModel` was given. Throws `invalid-argument`. */
export function prepareEmbeddingLoad(model: string, options?: LoadEmbeddingModelOptions): PreparedLoad {
  return guardCheck('options', () => {
    const checked = checkOptions(options, 'options', embeddingOptionNames);
    const json = JSON.stringify({ ...checkModelReference(model, checked), ...checkComputing(checked) });
    return { json, ...checkCourse(checked) };
  });
}

function checkComputing(checked: Readonly<Record<string, unknown>>) {
  return {
    device: checkDevice(checked['device']),
    isq: checkIsq(checked['isq']),
    dtype: checkDtype(checked['dtype']),
    contextLength: checkInteger(checked['contextLength'], 'contextLength', { min: 1, max: largestCount }),
    threads: checkInteger(checked['threads'], 'threads', { min: 1, max: 1024 }),
  };
}

function checkCourse(checked: Readonly<Record<string, unknown>>): Pick<PreparedLoad, 'abortSignal' | 'onProgress'> {
  return {
    abortSignal: checkAbortSignal(checked['abortSignal'], 'abortSignal'),
    onProgress: checkFunction(checked['onProgress'], 'onProgress'),
  };
}

function checkDevice(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^(auto|cpu|metal|cuda(:(0|[1-9]\d{0,3}))?)$/.test(value)) return value;
  throw wrongValue('device', '"auto", "cpu", "metal", "cuda" or "cuda:1"', value);
}

function checkDtype(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && dtypes.has(value)) return value;
  throw wrongValue('dtype', '"auto", "f32", "f16" or "bf16"', value);
}

// Names are the engine's business: it knows which ones the device has.
function checkIsq(value: unknown): string | number | undefined {
  if (value === undefined || (typeof value === 'number' && isqBits.has(value))) return value;
  if (typeof value === 'string' && value !== '') return value.toWellFormed();
  throw wrongValue('isq', 'the name of a quantisation or 2, 3, 4, 5, 6 or 8 bits', value);
}
